import type { OpTable } from "../op_table.ts";
import type { Pass } from "../pass.ts";
import type { NodeId } from "../plan.ts";
import { verifyRunnable } from "../verify.ts";

/** Throws an `InvalidPlanError` when the plan cannot be executed; changes nothing. `nodesOf` gives the nodes besides the
 *  driver that the world has; none unless given. */
export function rejectUnrunnable<World>(
  table: OpTable,
  nodesOf: (world: World) => Iterable<NodeId> = () => [],
): Pass<World> {
  return {
    name: "reject_unrunnable",
    why: "Last: what passes here is executed as it is.",
    run(plan, world) {
      verifyRunnable(plan, table, { nodes: nodesOf(world) });
      return plan;
    },
  };
}
