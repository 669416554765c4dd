import { expect, test } from "vitest";
import { typeInto } from "../../cli/ask.tsx";

test.each([
  ["ab", "c", "abc", false],
  ["ab", "\u007f\bx", "x", false],
  ["foo", "\u0015bar\r", "bar", true],
  ["", "a\u0001b\rignored", "ab", true],
  ["né", "\u007f", "n", false],
])("%j and the keys %j make %j", (before, keys, line, isEnded) => {
  expect(typeInto(before, keys)).toEqual({ line, isEnded });
});
