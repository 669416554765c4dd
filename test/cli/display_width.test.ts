import { expect, test } from "vitest";
import { displayWidth, padDisplay, truncateDisplay } from "../../cli/display_width.ts";

test.each([
  ["", 0],
  ["plain", 5],
  ["文件名", 6],
  ["ｆｕｌｌ", 8],
  ["café", 4],
  ["cafe\u0301", 4],
  ["한글", 4],
  ["👍", 2],
  ["👨‍👩‍👧", 2],
  ["🇨🇳", 2],
  ["❤️", 2],
  ["a\u200bb", 2],
  ["𠀀", 2],
  ["ﾊﾝｶｸ", 4],
  ["…→█", 3],
])("%j takes %i columns", (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test("padding counts columns, not characters", () => {
  expect(padDisplay("文", 4)).toBe("文  ");
  expect(padDisplay("文", 4, "right")).toBe("  文");
  expect(padDisplay("too long", 3)).toBe("too long");
});

test("a long text loses its middle and never takes more columns than it may", () => {
  expect(truncateDisplay("abcdef", 6)).toBe("abcdef");
  expect(truncateDisplay("abcdefgh", 5)).toBe("ab…gh");
  for (let columns = 0; columns < 14; columns++) {
    expect(displayWidth(truncateDisplay("文件/名字/abc", columns))).toBeLessThanOrEqual(columns);
  }
});
