import type { OpTable } from "./op_table.ts";
import type { Pass } from "./pass.ts";
import type { Plan } from "./plan.ts";
import { InvalidPlanError, verifyPlan } from "./verify.ts";

/** Options of {@link runPasses}. */
export interface PassOptions {
  readonly table: OpTable;
  /** How often the list may be run; 10 unless given. */
  readonly roundsMax?: number;
}

/** What came of it. */
export interface PassOutcome {
  readonly plan: Plan;
  /** How many times the list was begun. */
  readonly rounds: number;
  /** The names of the passes that changed something, in the order in which they did, once for each time. */
  readonly changedBy: readonly string[];
  /** `settled`: the whole list changes nothing any more. `bound`: `roundsMax` was reached before that; the plan is
   *  sound all the same. */
  readonly stoppedBecause: "settled" | "bound";
}

/** Runs `passes` over `plan` in their order, again and again until all of them in a row change nothing.
 *
 *  The plan is verified at the start and after every change. Throws an `InvalidPlanError` that names the pass which broke
 *  the plan; what a pass itself throws goes through as it is. */
export function runPasses<World>(
  plan: Plan,
  passes: readonly Pass<World>[],
  world: World,
  { table, roundsMax = 10 }: PassOptions,
): PassOutcome {
  verifyPlan(plan, table);
  const changedBy: string[] = [];
  let current = plan;
  let quiet = 0;
  for (let round = 1; round <= roundsMax; round++) {
    for (const pass of passes) {
      const next = pass.run(current, world);
      if (next === current) {
        quiet += 1;
      } else {
        verifyAfter(pass.name, next, table);
        changedBy.push(pass.name);
        current = next;
        // This pass has yet to see its own result.
        quiet = 0;
      }
      if (quiet === passes.length)
        return { plan: current, rounds: round, changedBy, stoppedBecause: "settled" };
    }
  }
  const settled = passes.length === 0;
  return { plan: current, rounds: roundsMax, changedBy, stoppedBecause: settled ? "settled" : "bound" };
}

function verifyAfter(pass: string, plan: Plan, table: OpTable): void {
  try {
    verifyPlan(plan, table);
  } catch (error) {
    if (!(error instanceof InvalidPlanError)) throw error;
    throw new InvalidPlanError(error.problems, `Cannot go on planning: pass "${pass}" broke the plan`);
  }
}
