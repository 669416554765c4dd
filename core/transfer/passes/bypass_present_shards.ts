import type { Pass } from "../../../ioswitch/pass.ts";
import { editPlan } from "../../../ioswitch/plan_edit.ts";
import type { World } from "../world.ts";
import { isRebuild, keepOutputs } from "./rebuild_ops.ts";

/** A shard that goes into a code and is asked for again is taken from where it came. */
export const bypassPresentShards: Pass<World> = {
  name: "bypass-present-shards",
  why: "data that is at hand needs no decoding: without it every read would run through the code",
  run(plan) {
    const edit = editPlan(plan);
    for (const op of plan.ops.filter(isRebuild)) {
      const { inputs, outputs } = op.attrs;
      const missing = outputs.filter((shard) => !inputs.includes(shard));
      if (missing.length === outputs.length) continue;
      outputs.forEach((shard, port) => {
        if (inputs.includes(shard)) edit.rewire({ op: op.id, port }, op.inputs[inputs.indexOf(shard)]!);
      });
      keepOutputs(edit, op, missing);
    }
    return edit.done();
  },
};
