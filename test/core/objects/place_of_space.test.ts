import { expect, test } from "vitest";
import { placeOfSpace } from "../../../core/objects/place_of_space.ts";

test.each([
  ["fs:///srv/a", "fs:///srv/a/"],
  ["fs:///srv/a", "fs:///srv/a?sync=false"],
  ["s3://b/x?endpoint=https:h:1&credential=hmac:a:b", "s3://b/x?credential=sealed:v1:zzz&endpoint=https:h:1"],
])("%s is the place of %s", (a, b) => {
  expect(placeOfSpace(a)).toBe(placeOfSpace(b));
});

test.each([
  ["fs:///srv/a", "fs:///srv/ab"],
  ["fs:///srv/a", "fs:///srv/A"],
  ["s3://b/x?endpoint=https:h:1", "s3://b/x?endpoint=https:h:2"],
  ["s3://b/x", "s3://b/x?endpoint=https:h:2"],
  ["s3://b/x", "s3://b/y"],
])("%s is not the place of %s", (a, b) => {
  expect(placeOfSpace(a)).not.toBe(placeOfSpace(b));
});
