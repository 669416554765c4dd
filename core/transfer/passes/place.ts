import type { Pass } from "../../../ioswitch/pass.ts";
import { DRIVER } from "../../../ioswitch/plan.ts";
import type { World } from "../world.ts";

/** Puts every op that has no place yet on this process: there are no other nodes yet. */
export const place: Pass<World> = {
  name: "place",
  why: "the only pass that says where ops run; after all that remove or merge ops",
  run(plan) {
    if (plan.ops.every((op) => op.at !== undefined)) return plan;
    return { ...plan, ops: plan.ops.map((op) => (op.at === undefined ? { ...op, at: DRIVER } : op)) };
  },
};
