import type { ByteStream } from "./byte_stream.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Carries, NodeId, Op } from "./plan.ts";
import type { Services } from "./services.ts";

/** What goes into an op and what comes out, in port order. */
export interface Ports {
  readonly inputs: readonly Carries[];
  readonly outputs: readonly Carries[];
}

/** Everything about one kind of op. Adding an op is one file with one of these, and a line in a table. */
export interface OpSpec<Attrs extends JsonObject = JsonObject> {
  readonly kind: string;
  /** It changes the world outside the plan: it is kept, and runs to its end, even when nobody wants its outputs. */
  readonly effect?: true;
  /** Its outputs follow from attributes, inputs and place alone: identical ops may become one. */
  readonly pure?: true;
  /** The ports of this very op; their number may depend on its attributes. */
  ports(op: Op<Attrs>): Ports;
  /** Says what is wrong with the attributes, one sentence each; an empty list when nothing is. */
  check(op: Op<Attrs>): readonly string[];
  /** The op as one line for people, without its id, for example `read block 3 of 01997… from "oss-bj"`. */
  describe(op: Op<Attrs>): string;
  /** Does the work. Returns when every output was delivered and every stream it made was consumed or cancelled.
   *  A throw fails the whole plan, on every node. */
  run(context: RunContext<Attrs>): Promise<void>;
}

/** What a running op sees of the world. */
export interface RunContext<Attrs extends JsonObject = JsonObject> {
  readonly op: Op<Attrs>;
  readonly attrs: Attrs;
  readonly node: NodeId;
  /** Aborted when the plan fails or is cancelled, or when nobody wants any output of this op any more (and it has no
   *  effect); long waits listen to it. What an op throws after that is not counted as a failure. */
  readonly signal: AbortSignal;
  /** What the embedding program offers to ops (stores, workers, …), by typed key. */
  readonly services: Services;
  /** The stream at input `port`. May be taken once. */
  stream(port: number): ByteStream;
  /** The value at input `port`, when it has been produced. */
  value(port: number): Promise<Json>;
  /** The writing end of the stream at output `port`. An op that returns without `end()` has cut its stream off: an error. */
  sink(port: number): Sink;
  /** Writes all of `source` to output `port` and ends it. Stops reading `source` when the consumer has gone,
   *  and ends its iteration. */
  emit(port: number, source: ByteStream): Promise<void>;
  /** Delivers the value of output `port`. */
  put(port: number, value: Json): void;
}

/** The writing end of a bounded stream. */
export interface Sink {
  /** Hands over one chunk and waits while the wire is full. `false`: the consumer wants no more; stop producing. The chunk
   *  was refused then, and still is the caller's. It must not be changed afterwards. An empty chunk is ignored. */
  write(chunk: Uint8Array): Promise<boolean>;
  /** Says that the stream is complete, and waits until it was read to the end or cancelled. */
  end(): Promise<void>;
}
