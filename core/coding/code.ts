/** An erasure code: k data shards, m parity shards; any k of them give the rest, or, in a code with local groups, most k of them.
 *
 *  Shard numbers 0 to k-1 are data, k to k+m-1 parity. A code is systematic (data shards are the data) and linear, and
 *  byte ranges are independent: the same range of k shards gives the same range of the others, as long as it starts and
 *  ends at multiples of `blockBytes`. Immutable and shared; see {@link createCode}. */
export interface Code {
  /** The name stored in the scheme, for example `cauchy16/1`: it fixes matrix and word layout for ever. */
  readonly name: string;
  readonly dataShards: number;
  readonly parityShards: number;
  /** Shard lengths are multiples of this: 256 over GF(2^4), 512 over GF(2^8). */
  readonly blockBytes: number;
  /** Parity rows over the data shards, m × k field elements. */
  readonly matrix: readonly (readonly number[])[];
  /** Local groups: data shards and their own parity, any one of which follows from the others. Empty for codes without. */
  readonly groups: readonly (readonly number[])[];
  /** Whether the shards in `present` are enough for all in `wanted`. */
  canRebuild(present: readonly number[], wanted: readonly number[]): boolean;
  /** Plans the computation of shards `wanted` from shards `present`: which of them it reads, and how to run it.
   *  Encoding is `rebuild([0 … k-1], [k … k+m-1])`. Throws `TooFewBlocks`, naming both, when they do not suffice, and `Usage` for
   *  numbers that are not shards or stand twice. Plans and their kernels are cached. */
  rebuild(present: readonly number[], wanted: readonly number[]): Rebuild;
}

/** One planned computation, for any number of calls. */
export interface Rebuild {
  /** The shards that are read, a subset of `present`, in the order of `run`'s inputs. */
  readonly inputs: readonly number[];
  /** The shards that come out, in the order of `run`'s outputs. */
  readonly outputs: readonly number[];
  /** Computes `outputs` from `inputs`: buffers of one equal length, a multiple of {@link Code.blockBytes}.
   *
   *  Inputs are only read, outputs wholly overwritten; they may be views of anything but must not overlap each other. The
   *  caller owns all of them. Synchronous. Throws `Usage` for wrong counts or lengths. Does not check that the inputs are intact. */
  run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void;
  /** The contribution of some of the inputs: the same outputs with all other inputs taken as zero. The XOR of the outputs of parts that
   *  share the inputs among them is the result, so each node can send the sum of what it holds. Throws `Usage` for shards that are not
   *  inputs or stand twice. See {@link sumShards}. */
  part(inputs: readonly number[]): Rebuild;
  /** Compiles at once what otherwise a run would after the first megabytes: some milliseconds now, full speed from the first call on.
   *  `memory`: where the buffers will lie; ordinary ones unless given. */
  prepare(memory?: WebAssembly.Memory): void;
}
