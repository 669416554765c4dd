import { expect, test } from "vitest";
import { blockPath, parseBlockPath } from "../../../core/block/block_path.ts";

const generation = "01997f3a5c2b7d4e8f6a1b2c3d4e5f60";

test("puts a block into the folder of its last two digits", () => {
  expect(blockPath(generation, 0)).toBe(`jcs/blocks/60/${generation}.0`);
  expect(parseBlockPath(blockPath(generation, 254))).toEqual({ generation, index: 254 });
});

test("refuses what cannot be a block", () => {
  expect(() => blockPath("x", 0)).toThrow("Assertion failed");
  expect(() => blockPath(generation, 255)).toThrow("Assertion failed");
  expect(() => blockPath(generation, -1)).toThrow("Assertion failed");
});

test.each([
  "",
  `jcs/blocks/61/${generation}.0`,
  `jcs/blocks/60/${generation}.00`,
  `jcs/blocks/60/${generation}.255`,
  `jcs/blocks/60/${generation}`,
  `jcs/blocks/60/${generation}.0.part`,
  `x/jcs/blocks/60/${generation}.0`,
  `jcs/blocks/60/${generation.toUpperCase()}.0`,
])("%j is no block's path", (path) => {
  expect(parseBlockPath(path)).toBeUndefined();
});
