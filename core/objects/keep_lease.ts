import { type JcsError, toJcsError } from "../errors.ts";
import type { ObjectContext } from "./object_context.ts";

/** The lease of an upload under way, renewed in the background. */
export interface Lease {
  /** Aborted when the caller gives up, or when the lease was lost. */
  readonly signal: AbortSignal;
  /** Why the lease was lost, when it was: the upload can not be committed any more. */
  lost(): JcsError | undefined;
  /** Stops renewing. */
  release(): void;
}

/** Keeps the lease of `generation` alive until it is released. A catalogue that does not answer is tried again; an upload that is gone
 *  from it ends the upload. */
export function keepLease(
  context: ObjectContext,
  generation: string,
  callerSignal: AbortSignal | undefined,
): Lease {
  const { leaseMs } = context.settings;
  const controller = new AbortController();
  let lost: JcsError | undefined;
  async function renew() {
    try {
      await context.catalog.uploads.extend(generation, { leaseUntil: new Date(context.now() + leaseMs) });
    } catch (error) {
      const failure = toJcsError(error);
      if (failure.retry === "later") return;
      lost = failure;
      controller.abort(failure);
    }
  }
  const timer = setInterval(renew, leaseMs / 3);
  return {
    signal: callerSignal ? AbortSignal.any([callerSignal, controller.signal]) : controller.signal,
    lost: () => lost,
    release: () => clearInterval(timer),
  };
}
