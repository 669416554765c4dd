import type { Pass } from "../../../ioswitch/pass.ts";
import { editPlan } from "../../../ioswitch/plan_edit.ts";
import type { World } from "../world.ts";
import { isRange } from "./range_ops.ts";
import { wireLength } from "./wire_length.ts";

/** A range that is all of its stream is that stream. */
export const dropWholeRanges: Pass<World> = {
  name: "drop-whole-ranges",
  why: "after the ranges have sunk, when reads deliver just what is wanted and nothing is left to cut",
  run(plan) {
    const edit = editPlan(plan);
    for (const { id, attrs, inputs } of plan.ops.filter(isRange)) {
      if (attrs.offset !== 0 || attrs.length !== wireLength(plan, inputs[0]!)) continue;
      // The input as it is by now: it may have been such a range itself.
      edit.rewire({ op: id, port: 0 }, edit.op(id).inputs[0]!);
      edit.remove(id);
    }
    return edit.done();
  },
};
