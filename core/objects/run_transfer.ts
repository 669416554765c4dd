import { type ExecuteOptions, execute, type Run } from "../../ioswitch/executor.ts";
import type { Plan } from "../../ioswitch/plan.ts";
import { PlanError } from "../../ioswitch/plan_error.ts";
import { JcsError, toJcsError, withPlace } from "../errors.ts";
import { READ_PATIENCE } from "../transfer/read_patience.ts";
import type { ObjectContext } from "./object_context.ts";

/** Starts a plan of storage ops in this process, as soon as every space that it uses has a place for it. `stallMs`: patience of its
 *  block reads. */
export async function runTransfer(
  context: ObjectContext,
  plan: Plan,
  options: Pick<ExecuteOptions, "inputs" | "signal"> & { readonly stallMs?: number },
): Promise<Run> {
  const { stallMs, ...rest } = options;
  const services = context.services.with(READ_PATIENCE, { stallMs: stallMs ?? context.settings.stallMs });
  const leave = await context.permits.take(spacesOf(plan), options.signal);
  try {
    const run = execute(plan, { table: context.table, services, ...rest });
    run.done.then(leave, leave);
    return run;
  } catch (error) {
    leave();
    throw error;
  }
}

/** The spaces that a plan reads from or writes to, each as often as there are ops for it. */
function spacesOf(plan: Plan): readonly string[] {
  return plan.ops.flatMap(({ attrs }) => (typeof attrs["space"] === "string" ? [attrs["space"]] : []));
}

/** The error inside a plan's failure, with the op and node that failed added to its place. */
export function fromPlanError(error: unknown): JcsError {
  if (!(error instanceof PlanError)) return toJcsError(error);
  return withPlace(error.cause, {
    node: error.node,
    ...(error.opId === undefined ? {} : { op: error.opId }),
  });
}

/** The error of a call that `signal` has ended. */
export function cancelled(what: string): JcsError {
  return new JcsError("Cancelled", `Cannot ${what}: it was interrupted`);
}
