import fc from "fast-check";
import { expect, test } from "vitest";
import { compareUtf8, prefixEnd } from "../../../core/catalog/utf8_order.ts";

const text = fc.string({ unit: "binary", maxLength: 4 });

test("compareUtf8 sorts by bytes, not by UTF-16 units", () => {
  expect("\uffff" < "\u{10000}").toBe(false);
  expect(compareUtf8("\uffff", "\u{10000}")).toBeLessThan(0);
  expect(compareUtf8("a", "B")).toBeGreaterThan(0);
  expect(compareUtf8("a", "a")).toBe(0);
  expect(compareUtf8("a", "a\u0001")).toBeLessThan(0);
});

test("prefixEnd is the first string behind a prefix", () => {
  expect(prefixEnd("a/")).toBe("a0");
  expect(prefixEnd("a\ud7ff")).toBe("a\ue000");
  expect(prefixEnd("a\u{10ffff}\u{10ffff}")).toBe("b");
  expect(prefixEnd("\u{10ffff}")).toBeUndefined();
  expect(prefixEnd("")).toBeUndefined();
});

test("prefixEnd parts what starts with a prefix from what comes behind it", () => {
  fc.assert(
    fc.property(text, text, text, (prefix, rest, other) => {
      const end = prefixEnd(prefix);
      if (end === undefined) return;
      expect(compareUtf8(prefix + rest, end)).toBeLessThan(0);
      const isBehind = compareUtf8(other, prefix) > 0 && !other.startsWith(prefix);
      expect(compareUtf8(other, end) >= 0).toBe(isBehind);
    }),
  );
});
