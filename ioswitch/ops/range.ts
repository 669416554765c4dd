import { giveBack } from "../buffer_pool.ts";
import type { OpSpec } from "../op_spec.ts";

/** Attributes of {@link range}: `length` bytes from `offset`, or everything from there when there is no `length`. */
export type RangeAttrs = { readonly offset: number; readonly length?: number };

/** A part of a stream. Stops its producer as soon as it has the last byte; a length of 0 reads nothing.
 *
 *  On failure: an input that ends too early is an error which says how much is missing. */
export const range: OpSpec<RangeAttrs> = {
  kind: "range",
  pure: true,
  ports: () => ({ inputs: ["stream"], outputs: ["stream"] }),
  check({ attrs: { offset, length } }) {
    const problems: string[] = [];
    if (!isCount(offset)) problems.push('"offset" must be a whole number of bytes');
    if (length !== undefined && !isCount(length)) problems.push('"length" must be a whole number of bytes');
    return problems;
  },
  describe: ({ attrs: { offset, length } }) =>
    length === undefined ? `bytes from ${offset}` : `${length} bytes from ${offset}`,
  async run(context) {
    const { offset, length = Number.POSITIVE_INFINITY } = context.attrs;
    const sink = context.sink(0);
    const end = offset + length;
    let position = 0;
    if (length > 0) {
      for await (const chunk of context.stream(0)) {
        const from = Math.max(offset - position, 0);
        const to = Math.min(end - position, chunk.length);
        position += chunk.length;
        const taken = from < to && (await sink.write(chunk.subarray(from, to)));
        if (!taken) giveBack(chunk);
        if (!taken && from < to) return;
        if (position >= end) break;
      }
      const needed = length === Number.POSITIVE_INFINITY ? offset : end;
      if (position < needed) throw new Error(describeMissing(position, needed, context.attrs));
    }
    await sink.end();
  },
};

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function describeMissing(position: number, needed: number, attrs: RangeAttrs): string {
  const wanted =
    attrs.length === undefined ? `bytes from ${attrs.offset}` : `${attrs.length} bytes from ${attrs.offset}`;
  return `Cannot take ${wanted}: the stream ended after ${position} bytes, ${needed - position} are missing`;
}
