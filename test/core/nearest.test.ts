import { expect, test } from "vitest";
import { nearest } from "../../core/nearest.ts";

test.each([
  ["lisen", "listen"],
  ["LISTEN", "listen"],
  ["maxBodySze", "maxBodySize"],
  ["lsiten", "listen"],
  ["zzz", undefined],
  ["x", undefined],
  ["", undefined],
])("%j is meant as %j", (word, meant) => {
  expect(nearest(word, ["maxBodySize", "listen", "enabled"])).toBe(meant);
});
