import type { OpTable } from "../op_table.ts";
import type { Pass } from "../pass.ts";
import { prune } from "../rewrite.ts";

/** Takes out the ops whose outputs nobody takes, and then those that only fed them. Ops with an effect stay, and so do
 *  ops without outputs. */
export function dropUnconsumed(table: OpTable): Pass<unknown> {
  return {
    name: "drop_unconsumed",
    why: "What nobody takes need not be made; first, because every later pass walks fewer ops.",
    run: (plan) => prune(plan, table),
  };
}
