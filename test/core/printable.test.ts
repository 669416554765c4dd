import { expect, test } from "vitest";
import { printable } from "../../core/printable.ts";

test.each([
  ["plain 文件 👍", "plain 文件 👍"],
  ["\u001b[2J", "\\x1b[2J"],
  ["a\nb\r\tc", "a\\nb\\r\\tc"],
  ["\u009b31m", "\\x9b31m"],
  ["\u0000\u007f", "\\x00\\x7f"],
  ["invoice\u202egpj.exe", "invoice\\u202egpj.exe"],
  ["half \ud800 pair", "half \\ud800 pair"],
  ["\ufeffa\u2028b", "\\ufeffa\\u2028b"],
])("%j shows as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("lines and tabs may stay, nothing else", () => {
  expect(printable("a\n\tb\r\u001b", { lines: true })).toBe("a\n\tb\\r\\x1b");
});

test("no control character ever comes through", () => {
  for (let code = 0; code < 0x3000; code++) {
    expect(printable(String.fromCharCode(code))).not.toMatch(/[\p{Control}\p{Bidi_Control}]/u);
  }
});
