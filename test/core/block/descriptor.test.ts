import { expect, test } from "vitest";
import { decodeDescriptor, encodeDescriptor } from "../../../core/block/descriptor.ts";
import { testDescriptor } from "./helpers.ts";

const full = testDescriptor({
  payloadBytes: 100,
  objectId: "o-1",
  modifiedAt: new Date("2020-02-29T00:00:00.001Z"),
  metadata: { 名: "值", __proto__x: "1", "": "empty key" },
});

test("comes back as it was", () => {
  expect(decodeDescriptor(encodeDescriptor(full))).toEqual(full);
  const { hash: _, objectId: _o, modifiedAt: _m, ...least } = full;
  expect(decodeDescriptor(encodeDescriptor(least))).toEqual(least);
});

test("has the same bytes whatever order its members had", () => {
  const backwards = Object.fromEntries(Object.entries(full).reverse()) as unknown as typeof full;
  expect(encodeDescriptor(backwards)).toEqual(encodeDescriptor(full));
});

test("ignores members that a later minor version may add", () => {
  const stored = JSON.parse(new TextDecoder().decode(encodeDescriptor(full)));
  expect(decodeDescriptor(Buffer.from(JSON.stringify({ ...stored, later: [1] })))).toEqual(full);
});

test.each([
  ["generation", "xyz"],
  ["index", 255],
  ["index", -1],
  ["index", 1.5],
  ["objectId", 7],
  ["bucket", ""],
  ["package", undefined],
  ["path", "p".repeat(1025)],
  ["size", "12"],
  ["hash", "sha256:00"],
  ["redundancy", []],
  ["redundancy", { count: 3 }],
  ["payloadBytes", 2 ** 60],
  ["checksumChunk", 0],
  ["createdAt", "yesterday"],
  ["modifiedAt", null],
  ["metadata", { a: 1 }],
  ["metadata", undefined],
])("names member %s when it is %j", (name, value) => {
  const stored = JSON.parse(new TextDecoder().decode(encodeDescriptor(full)));
  const bytes = Buffer.from(JSON.stringify({ ...stored, [name]: value }));
  expect(() => decodeDescriptor(bytes)).toThrow(`"${name}"`);
});

test.each([["not JSON"], ["[]"], ["null"], ['"\xff"']])("refuses %j", (text) => {
  expect(() => decodeDescriptor(Buffer.from(text, "latin1"))).toThrow();
});
