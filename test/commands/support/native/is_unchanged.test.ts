import { expect, test } from "vitest";
import { isUnchanged } from "../../../../commands/support/native/is_unchanged.ts";

const second = 1_700_000_000_000;
const source = (timeMs: number) => ({ size: 3, modifiedAt: new Date(timeMs) });
const there = (timeMs: number) => ({ path: "x", kind: "file", ...source(timeMs) }) as const;

test("what was written when the source was changed, or later, is unchanged", () => {
  expect(isUnchanged(source(second + 5), there(second + 5))).toBe(true);
  expect(isUnchanged(source(second + 5), there(second + 4))).toBe(false);
  // The service of the target may cut its time: that is only more careful.
  expect(isUnchanged(source(second + 5), there(second))).toBe(false);
});

test("a source whose time may have been cut to the second may be newer than it says", () => {
  expect(isUnchanged(source(second), there(second))).toBe(false);
  expect(isUnchanged(source(second), there(second + 999))).toBe(false);
  expect(isUnchanged(source(second), there(second + 1000))).toBe(true);
});

test("what is not known, or of another size or kind, is not unchanged", () => {
  expect(isUnchanged({ size: 3 }, there(second))).toBe(false);
  expect(isUnchanged({ modifiedAt: new Date(0) }, there(second))).toBe(false);
  expect(isUnchanged(source(1), { ...there(second), size: 4 })).toBe(false);
  expect(isUnchanged(source(1), { ...there(second), kind: "directory" })).toBe(false);
});
