import { DRIVER, type NodeId, type OpId } from "./plan.ts";

/** Which op failed, as {@link PlanError} tells it. */
export interface FailedOp {
  /** Absent when a node failed as a whole, for example because it cannot be reached. */
  readonly opId?: OpId | undefined;
  readonly kind?: string | undefined;
  readonly node: NodeId;
}

/** A plan failed, and this says where. The message names op, kind, node and the message of the cause.
 *
 *  `cause` is what the op threw, untouched: an embedding program that has error kinds of its own looks there. */
export class PlanError extends Error {
  readonly opId: OpId | undefined;
  readonly kind: string | undefined;
  readonly node: NodeId;

  constructor(failed: FailedOp, cause: unknown) {
    super(`${describePlace(failed)}: ${messageOf(cause)}`, { cause });
    this.name = "PlanError";
    this.opId = failed.opId;
    this.kind = failed.kind;
    this.node = failed.node;
  }
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describePlace({ opId, kind, node }: FailedOp): string {
  const at = node === DRIVER ? "" : ` at node "${node}"`;
  if (opId === undefined) return `Cannot run the plan${at}`;
  return `Cannot run op "${opId}" (${kind ?? "of unknown kind"})${at}`;
}
