import { assert } from "../assert.ts";
import { BLOCKS_MAX } from "../limits.ts";
import { isGeneration } from "./generation.ts";

/** The folder of a space that all blocks lie in; ends with `/`. */
export const BLOCKS_DIRECTORY = "jcs/blocks/";

/** Where block `index` of a generation lies on its space, below the work directory.
 *
 *  The folder is named after the last two hex digits, which are random; the first are the clock. */
export function blockPath(generation: string, index: number): string {
  assert(isGeneration(generation), "a generation is 32 hex digits");
  assert(
    Number.isInteger(index) && index >= 0 && index < BLOCKS_MAX,
    "a block has a number below BLOCKS_MAX",
  );
  return `${BLOCKS_DIRECTORY}${generation.slice(-2)}/${generation}.${index}`;
}

/** Which block lies at `path`; `undefined` when {@link blockPath} makes no such path. */
export function parseBlockPath(
  path: string,
): { readonly generation: string; readonly index: number } | undefined {
  const match = /^jcs\/blocks\/[0-9a-f]{2}\/([0-9a-f]{32})\.(0|[1-9]\d{0,2})$/.exec(path);
  const generation = match?.[1];
  const index = Number(match?.[2]);
  if (generation === undefined || index >= BLOCKS_MAX) return undefined;
  return blockPath(generation, index) === path ? { generation, index } : undefined;
}
