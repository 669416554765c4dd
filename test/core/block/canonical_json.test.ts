import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../core/block/canonical_json.ts";
import type { Json } from "../../../ioswitch/json.ts";

test("sorts keys at every level and leaves out undefined members and spaces", () => {
  expect(canonicalJson({ b: [1, { z: null, a: "x" }], a: true, "": "é\n", c: undefined })).toBe(
    '{"":"é\\n","a":true,"b":[1,{"a":"x","z":null}]}',
  );
});

test("is JSON of the same value, whatever order the members had", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = canonicalJson(value as Json);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
    }),
  );
});
