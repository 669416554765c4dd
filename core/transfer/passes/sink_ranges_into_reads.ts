import type { Pass } from "../../../ioswitch/pass.ts";
import type { Op, Plan } from "../../../ioswitch/plan.ts";
import { editPlan, type PlanEdit } from "../../../ioswitch/plan_edit.ts";
import { CHECKSUM_CHUNK_BYTES } from "../../limits.ts";
import type { BlockReadAttrs } from "../attrs.ts";
import type { World } from "../world.ts";
import { type BoundedRangeAttrs, hullOf, onlyRangesOf, rangeIn } from "./range_ops.ts";

/** A read of which only ranges are wanted reads only those: neighbouring ones together, distant ones apart. */
export const sinkRangesIntoReads: Pass<World> = {
  name: "sink-ranges-into-reads",
  why: "after sink-ranges-into-rebuilds: the cost of a read is the bytes it reads, and now they are known",
  run(plan) {
    const edit = editPlan(plan);
    for (const op of plan.ops.filter(isBlockRead)) sinkInto(edit, plan, op);
    return edit.done();
  },
};

function isBlockRead(op: Op): op is Op<BlockReadAttrs> {
  return op.kind === "block.read";
}

function sinkInto(edit: PlanEdit, plan: Plan, read: Op<BlockReadAttrs>): void {
  const ranges = onlyRangesOf(plan, read.id);
  if (!ranges) return;
  const groups = groupNeighbours(ranges);
  const hull = hullOf(ranges.map(rangeIn));
  if (groups.length === 1 && hull.start === 0 && hull.end === read.attrs.length) return;
  for (const group of groups) {
    const { start, end } = hullOf(group.map(rangeIn));
    const attrs = { ...read.attrs, offset: read.attrs.offset + start, length: end - start };
    const narrow = edit.add(read.kind, attrs, [], { at: read.at });
    for (const range of group)
      edit.update(range.id, {
        attrs: { ...range.attrs, offset: Math.max(0, range.attrs.offset - start) },
        inputs: [narrow.out()],
      });
  }
  edit.remove(read.id);
}

/** Ranges in groups of those that overlap or are so close that one request is better than two. */
function groupNeighbours(
  ranges: readonly Op<BoundedRangeAttrs>[],
): readonly (readonly Op<BoundedRangeAttrs>[])[] {
  const groups: Op<BoundedRangeAttrs>[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const range of ranges.toSorted((a, b) => a.attrs.offset - b.attrs.offset)) {
    const group = groups.at(-1);
    if (group && rangeIn(range).start <= end + CHECKSUM_CHUNK_BYTES) group.push(range);
    else groups.push([range]);
    end = Math.max(end, rangeIn(range).end);
  }
  return groups;
}
