import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import type { NodeId, Plan } from "./plan.ts";
import type { OpReport } from "./report.ts";

/** Names a run, the same on every node that takes part; unique for all time. */
export type RunId = string;

/** The part of a plan that one node runs, as it is sent there. */
export interface NodePlan {
  readonly run: RunId;
  readonly node: NodeId;
  readonly plan: Plan;
}

/** One stream or value on its way into or out of a node: sent once, received once. */
export interface Address {
  readonly run: RunId;
  readonly channel: string;
}

/** Options of every call over a {@link Transport}. */
export interface CallOptions {
  /** Ends the call: it rejects soon, and streams that it moves are cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** How the driver and the workers reach each other: in memory, or over a network.
 *
 *  Streams and values may arrive at a node before the plan that wants them; the node keeps them (without reading ahead)
 *  until the plan is there, and gives up after a time. Every call rejects when the node cannot be reached; a failure of
 *  the plan itself arrives as the {@link PlanError} it was on the other side, with op, kind and node. */
export interface Transport {
  /** The nodes that can be reached, the driver not among them. */
  readonly nodes: Iterable<NodeId>;
  /** Runs `plan` at its node. Resolves with what its ops did when all have ended; rejects when the run failed there. */
  execute(plan: NodePlan, options?: CallOptions): Promise<readonly OpReport[]>;
  /** Offers `stream` to a worker. Resolves when it was read to its end there, or is not wanted; then the iteration of
   *  `stream` has been ended. Rejects when `stream` fails, and the reader over there gets that error. */
  sendStream(to: NodeId, address: Address, stream: ByteStream, options?: CallOptions): Promise<void>;
  /** Offers `value` to a worker. Resolves when it was taken there, or is not wanted. */
  sendValue(to: NodeId, address: Address, value: Json, options?: CallOptions): Promise<void>;
  /** Takes a stream that worker `from` holds, waiting until it is there. */
  fetchStream(from: NodeId, address: Address, options?: CallOptions): Promise<ByteStream>;
  /** Takes a value that worker `from` holds, waiting until it is there. */
  fetchValue(from: NodeId, address: Address, options?: CallOptions): Promise<Json>;
  /** Stops a run at a node, also one whose plan has not arrived yet. `reason` is for people. */
  cancel(node: NodeId, run: RunId, reason: string): Promise<void>;
}
