import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "../../../core/catalog/address.ts";
import { isKind } from "../../../core/errors.ts";

test("reads every form", () => {
  expect(parseAddress("b")).toEqual({ kind: "bucket", bucket: "b" });
  expect(parseAddress("b/")).toEqual({ kind: "bucket", bucket: "b" });
  expect(parseAddress("b/p")).toEqual({ kind: "package", bucket: "b", package: "p" });
  expect(parseAddress("b/p/")).toEqual({ kind: "package", bucket: "b", package: "p" });
  expect(parseAddress("b/p/x/")).toEqual({ kind: "prefix", bucket: "b", package: "p", prefix: "x/" });
  expect(parseAddress("b/p/x/y:z")).toEqual({ kind: "object", bucket: "b", package: "p", path: "x/y:z" });
  expect(parseAddress("jcs://b/p/%20")).toEqual({ kind: "object", bucket: "b", package: "p", path: "%20" });
});

test("refuses what is no address", () => {
  for (const text of [
    "",
    "jcs://",
    "/b/p",
    "b//x",
    "b/p//",
    "b/p//x",
    "b/p/../x",
    "s3:x",
    "s3:x/y/z",
    "./x",
    "../x",
    "-",
  ]) {
    let error: unknown;
    try {
      parseAddress(text);
    } catch (caught) {
      error = caught;
    }
    expect(isKind(error, "Usage"), text).toBe(true);
  }
  expect(() => parseAddress("s3:a/b")).toThrow("a colon ends the name of a space");
});

test("what is formatted reads back", () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9é%\u4e2d][a-zA-Z0-9 é%.\u4e2d]{0,8}[a-z]$/);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));
  fc.assert(
    fc.property(name, name, path, (bucket, owner, object) => {
      for (const text of [
        bucket,
        `${bucket}/${owner}`,
        `${bucket}/${owner}/${object}`,
        `${bucket}/${owner}/${object}/`,
      ]) {
        expect(formatAddress(parseAddress(text))).toBe(text);
        expect(parseAddress(`jcs://${text}`)).toEqual(parseAddress(text));
      }
    }),
  );
});
