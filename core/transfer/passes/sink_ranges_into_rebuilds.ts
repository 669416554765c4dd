import type { Pass } from "../../../ioswitch/pass.ts";
import type { Op, Plan } from "../../../ioswitch/plan.ts";
import { editPlan, type PlanEdit } from "../../../ioswitch/plan_edit.ts";
import { createCode } from "../../coding/create_code.ts";
import type { ByteRange } from "../../redundancy/strip_layout.ts";
import type { EcRebuildAttrs } from "../attrs.ts";
import type { World } from "../world.ts";
import { hullOf, onlyRangesOf, rangeIn } from "./range_ops.ts";
import { isRebuild } from "./rebuild_ops.ts";
import { wireLength } from "./wire_length.ts";

/** When only parts of computed shards are wanted, only those parts of the inputs go into the code. */
export const sinkRangesIntoRebuilds: Pass<World> = {
  name: "sink-ranges-into-rebuilds",
  why: "before the ranges sink into reads: a lost range is rebuilt from the same range of the others, and no more",
  run(plan) {
    const edit = editPlan(plan);
    for (const op of plan.ops.filter(isRebuild)) sinkInto(edit, plan, op);
    return edit.done();
  },
};

function sinkInto(edit: PlanEdit, plan: Plan, op: Op<EcRebuildAttrs>): void {
  const ranges = onlyRangesOf(plan, op.id);
  const total = wireLength(plan, { op: op.id, port: 0 });
  if (!ranges || total === undefined) return;
  const wanted = widened(hullOf(ranges.map(rangeIn)), createCode(op.attrs).blockBytes, total);
  if (wanted.start === 0 && wanted.end === total) return;
  const attrs = { offset: wanted.start, length: wanted.end - wanted.start };
  edit.update(op.id, { inputs: edit.op(op.id).inputs.map((wire) => edit.add("range", attrs, [wire]).out()) });
  for (const range of ranges)
    edit.update(range.id, { attrs: { ...range.attrs, offset: range.attrs.offset - wanted.start } });
}

/** The range widened to whole blocks of the code: only those can be computed alone. */
function widened(range: ByteRange, blockBytes: number, total: number): ByteRange {
  return {
    start: Math.floor(range.start / blockBytes) * blockBytes,
    end: Math.min(total, Math.ceil(range.end / blockBytes) * blockBytes),
  };
}
