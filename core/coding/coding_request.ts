/** A computation by a code, as it is told to a worker: see `Code.rebuild`. */
export interface CodingTask {
  readonly name: string;
  readonly dataShards: number;
  readonly parityShards: number;
  /** How many of the parity shards are local ones; 0 for a code without groups. */
  readonly localParities: number;
  readonly present: readonly number[];
  readonly wanted: readonly number[];
}

/** What a coding worker is told: to compute stripes that lie in one of the memories it was started with. `addresses` has the inputs and then the
 *  outputs of each stripe, stripe after stripe. */
export interface CodingRequest {
  readonly id: number;
  readonly task: CodingTask;
  /** The number of the memory. */
  readonly memory: number;
  readonly shardBytes: number;
  readonly addresses: Uint32Array;
}

/** What a coding worker is started with. */
export interface CodingWorkerData {
  readonly memories: readonly WebAssembly.Memory[];
}

/** What a coding worker answers: that all stripes of a request are computed, or why not. */
export interface CodingReply {
  readonly id: number;
  readonly error?: string;
}
