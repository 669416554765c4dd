import type { JsonObject } from "./json.ts";

/** Names one op inside one plan, for example `block.read#2`. */
export type OpId = string;

/** Names the place where an op runs: {@link DRIVER}, or a worker. */
export type NodeId = string;

/** The caller's own process. */
export const DRIVER: NodeId = "driver";

/** What flows through a port: a `stream` of bytes, or a JSON `value` that every consumer gets a copy of. */
export type Carries = "stream" | "value";

/** The output port `port` of op `op`. */
export interface Wire {
  readonly op: OpId;
  readonly port: number;
}

/** One step of a plan: an instance of the {@link OpSpec} called `kind`. */
export interface Op<Attrs extends JsonObject = JsonObject> {
  readonly id: OpId;
  readonly kind: string;
  /** What the op needs to know besides its inputs. Never a secret: plans are printed and sent to other machines. */
  readonly attrs: Attrs;
  readonly inputs: readonly Wire[];
  /** Where it runs; not yet placed when absent. */
  readonly at?: NodeId;
}

/** A dataflow: ops in topological order (every wire names an earlier op) and the outputs that the caller wants.
 *
 *  Immutable and JSON-able. Before the last passes have run, one stream may have several consumers or none; a plan that
 *  is executed has exactly one for each (see `endStreams`). Source: JCS `ioswitch`, Dryad (Isard et al., 2007). */
export interface Plan {
  readonly ops: readonly Op[];
  /** Results by name. The caller reads a stream result itself; a value result is there when the plan has ended. */
  readonly results: Readonly<Record<string, Wire>>;
  /** Most bytes that one wire holds between its producer and its consumer (or one chunk, when that is larger).
   *  Where two ways that part at one op meet again at another, the second waits while the first is read: what the one
   *  takes before the other yields must fit into the wires of that other, or the plan stands still. */
  readonly bufferBytes: number;
}
