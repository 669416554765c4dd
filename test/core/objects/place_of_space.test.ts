import { expect, test } from "vitest";
import { placeOfSpace } from "../../../core/objects/place_of_space.ts";

const environment = { JCS_OSS_REGION: "cn-beijing" };
const placeOf = (connection: string) => placeOfSpace(connection, { environment });

test.each([
  ["fs:///srv/a", "fs:///srv/a/"],
  ["fs:///srv/a", "fs:///srv/a?sync=false"],
  ["s3://b/x?endpoint=https:h:1&credential=hmac:a:b", "s3://b/x?credential=env&endpoint=https:H:1/"],
  ["s3://b/x?region=eu-west-1", "s3://b/x?endpoint=https:s3.eu-west-1.amazonaws.com"],
  ["oss://b", "s3://b?preset=oss&region=cn-beijing"],
  ["oss://b?region=cn-beijing", "s3://b/?endpoint=https:s3.oss-cn-beijing.aliyuncs.com:443"],
  ["minio://b?endpoint=http:h:9000", "s3://b?endpoint=http:h:9000&preset=ceph"],
  ["gcs://b/x", "s3://b/x?preset=gcs"],
  ["gcs://b/x", "s3://b/x?endpoint=https:storage.googleapis.com"],
  ["azblob://c?account=a", "azblob://c?credential=hmac:a:a2V5"],
  ["webdav://h/x", "webdav://other/x?endpoint=https:h"],
])("%s is the place of %s", (a, b) => {
  expect(placeOf(a)).toBe(placeOf(b));
});

test.each([
  ["fs:///srv/a", "fs:///srv/ab"],
  ["fs:///srv/a", "fs:///srv/A"],
  ["s3://b/x?endpoint=https:h:1", "s3://b/x?endpoint=https:h:2"],
  ["s3://b/x", "s3://b/x?endpoint=https:h:2"],
  ["s3://b/x", "s3://b/y"],
  ["oss://b?region=cn-beijing", "oss://b?region=cn-hangzhou"],
  ["oss://b?region=cn-beijing", "cos://b?region=cn-beijing"],
  ["azblob://c?credential=hmac:a:a2V5", "azblob://c?credential=hmac:b:a2V5"],
  ["no connection string", "nor is this"],
  ["b2://b", "wasabi://b"],
])("%s is not the place of %s", (a, b) => {
  expect(placeOf(a)).not.toBe(placeOf(b));
});
