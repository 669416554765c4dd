import type { NodeId, OpId } from "./plan.ts";

/** How far an op came. `stopped`: told to stop, because the run failed or nobody wanted its outputs any more.
 *  `abandoned`: told to stop, and did not do so in time. */
export type OpOutcome = "waiting" | "running" | "done" | "failed" | "stopped" | "abandoned";

/** What one op did. Times count from the start of the run on the op's own node. */
export interface OpReport {
  readonly id: OpId;
  readonly kind: string;
  readonly node: NodeId;
  readonly outcome: OpOutcome;
  readonly startMs: number;
  /** Absent while the op runs. */
  readonly endMs?: number;
  /** Bytes taken from all stream inputs, and bytes handed to all stream outputs. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why it failed; only for `failed`. */
  readonly error?: string;
}

/** What a run did, op by op, in the order of the plan; the ops of other nodes follow those of the driver. */
export interface RunReport {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** How long it took, or has taken so far. */
  readonly durationMs: number;
  readonly ops: readonly OpReport[];
}
