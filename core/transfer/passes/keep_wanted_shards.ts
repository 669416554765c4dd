import type { Pass } from "../../../ioswitch/pass.ts";
import { editPlan } from "../../../ioswitch/plan_edit.ts";
import { indexPlan } from "../../../ioswitch/plan_index.ts";
import type { World } from "../world.ts";
import { isRebuild, keepOutputs } from "./rebuild_ops.ts";

/** Only the shards that somebody takes are computed. */
export const keepWantedShards: Pass<World> = {
  name: "keep-wanted-shards",
  why: "after bypass-present-shards, when it is known which outputs of a code are taken",
  run(plan) {
    const index = indexPlan(plan);
    const edit = editPlan(plan);
    for (const op of plan.ops.filter(isRebuild)) {
      const wanted = op.attrs.outputs.filter((_, port) => index.consumers({ op: op.id, port }).length > 0);
      if (wanted.length < op.attrs.outputs.length) keepOutputs(edit, op, wanted);
    }
    return edit.done();
  },
};
