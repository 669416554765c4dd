import { assert } from "../assert.ts";

/** `length` bytes from byte `offset` on; both are whole and not negative. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The part of `range` that lies in `[0, size)`; at `size` and empty when none does. */
export function clampRange(range: Range, size: number): Range {
  const offset = Math.min(range.offset, size);
  return { offset, length: Math.min(range.length, size - offset) };
}

/** The smallest range around `range` that starts and ends at multiples of `unitBytes`, or at `size`. Empty stays empty.
 *
 *  Requires that `range` lies in `[0, size)`. */
export function widenRange(
  range: Range,
  options: { readonly unitBytes: number; readonly size: number },
): Range {
  const { unitBytes, size } = options;
  const end = range.offset + range.length;
  assert(range.offset >= 0 && range.length >= 0 && end <= size, "the range lies within the size");
  if (range.length === 0) return range;
  const offset = range.offset - (range.offset % unitBytes);
  return { offset, length: Math.min(Math.ceil(end / unitBytes) * unitBytes, size) - offset };
}
