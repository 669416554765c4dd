import type { Plan } from "./plan.ts";

/** One rewriting of a plan that keeps its meaning: the same results, byte for byte.
 *
 *  Pure and synchronous. Returns the very same reference when it changed nothing, which is how the runner knows that it
 *  is done. `World` is what the embedding program knows beyond the plan (costs, nodes, sizes). */
export interface Pass<World> {
  readonly name: string;
  /** Why it exists and why it stands where it stands, in one sentence. */
  readonly why: string;
  run(plan: Plan, world: World): Plan;
}
