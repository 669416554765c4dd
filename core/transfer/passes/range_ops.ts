import type { RangeAttrs } from "../../../ioswitch/ops/range.ts";
import type { Op, OpId, Plan } from "../../../ioswitch/plan.ts";
import { indexPlan } from "../../../ioswitch/plan_index.ts";
import type { ByteRange } from "../../redundancy/strip_layout.ts";

/** A range whose end is known. */
export type BoundedRangeAttrs = RangeAttrs & { readonly length: number };

/** Whether `op` cuts a range with a known end out of a stream. */
export function isRange(op: Op): op is Op<BoundedRangeAttrs> {
  return op.kind === "range" && op.attrs["length"] !== undefined;
}

/** The range that `op` cuts out. */
export function rangeIn(op: Op<BoundedRangeAttrs>): ByteRange {
  return { start: op.attrs.offset, end: op.attrs.offset + op.attrs.length };
}

/** The consumers of op `id`, when there are any and all of them are ranges; otherwise `undefined`. */
export function onlyRangesOf(plan: Plan, id: OpId): readonly Op<BoundedRangeAttrs>[] | undefined {
  const consumers = indexPlan(plan).consumersOf(id);
  const ranges = consumers.flatMap((consumer) =>
    consumer.kind === "op" && isRange(consumer.op) ? [consumer.op] : [],
  );
  return ranges.length > 0 && ranges.length === consumers.length ? ranges : undefined;
}

/** The smallest range that holds all of `ranges`; empty ones do not count. */
export function hullOf(ranges: readonly ByteRange[]): ByteRange {
  const filled = ranges.filter((range) => range.end > range.start);
  if (filled.length === 0) return { start: 0, end: 0 };
  return {
    start: Math.min(...filled.map((range) => range.start)),
    end: Math.max(...filled.map((range) => range.end)),
  };
}
