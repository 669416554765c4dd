import { homedir } from "node:os";
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
  ["dropbox:///x", "dropbox:///x?credential=env&part_size=4MiB"],
  ["dropbox:///x?credential=file:/a", "dropbox:///x?credential=file:/a&client_id=app"],
  ["dropbox:///x?credential=file:~/a", `dropbox:///x?credential=file:${homedir()}/a`],
  ["dropbox:///x?credential=file:/a&path_root=12", "dropbox:///x?credential=file:/b&path_root=12"],
  ["gdrive:///x", "gdrive:///x?credential=env"],
  ["gdrive:///x?credential=base64:YQ==", "gdrive:///x?credential=base64:YQ==&root_folder_id=root"],
  ["gdrive://ID/x?credential=file:/a", "gdrive:///x?drive=ID&credential=file:/b"],
  ["gdrive://ID/x?credential=file:/a", "gdrive:///x?root_folder_id=ID&credential=file:/b"],
  ["gdrive:///x?impersonate=a@b.c&credential=file:/a", "gdrive:///x?impersonate=a@b.c&credential=file:/b"],
  ["onedrive:///x?credential=file:/a", "onedrive:///x?credential=file:/a&tenant=t"],
  ["onedrive:///x?credential=file:/a&drive=D", "onedrive:///x?credential=file:/b&drive=D"],
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
  ...["dropbox", "gdrive", "onedrive"].flatMap((service) => [
    [`${service}:///x?credential=file:/a`, `${service}:///x?credential=file:/b`],
    [`${service}:///x?credential=file:/a`, `${service}:///x`],
    [`${service}:///x?credential=file:/a`, `${service}:///y?credential=file:/a`],
    [`${service}:///x?credential=apikey:one`, `${service}:///x?credential=apikey:two`],
    [`${service}:///x?credential=base64:YQ==`, `${service}:///x?credential=base64:Yg==`],
    [`${service}:///x`, `${service}:///x?endpoint=http:127.0.0.1:1`],
  ]),
  ["dropbox:///x?credential=file:/a", "dropbox:///x?credential=file:/a&path_root=12"],
  ["gdrive:///x?credential=file:/a", "gdrive:///x?credential=file:/a&impersonate=a@b.c"],
  ["gdrive:///x?credential=file:/a", "gdrive:///x?credential=file:/a&drive=ID"],
  ["gdrive:///x", "dropbox:///x"],
  ["b2://b", "wasabi://b"],
])("%s is not the place of %s", (a, b) => {
  expect(placeOf(a)).not.toBe(placeOf(b));
});

test.each(["dropbox", "gdrive", "onedrive"])("a place of %s holds no token", (service) => {
  for (const credential of [
    "apikey:very-secret",
    `base64:${Buffer.from("very-secret").toString("base64")}`,
  ]) {
    const place = placeOf(`${service}:///x?credential=${credential}`);
    expect(place).not.toMatch(/very-secret|dmVyeS1zZWNyZXQ/);
    expect(place).toMatch(/ \/x\/$/);
  }
});
