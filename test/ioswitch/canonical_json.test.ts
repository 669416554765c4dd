import { expect, test } from "vitest";
import { canonicalJson } from "../../ioswitch/canonical_json.ts";

test("members are sorted at every depth, undefined ones left out", () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: "x", e: undefined })).toBe(
    '{"a":"x","b":[{"c":null,"d":1}]}',
  );
  expect(canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1}}');
});
