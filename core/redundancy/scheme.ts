/** How one object is spread over spaces, complete enough to read it in ten years. Stored as it stands in the catalogue and in
 *  every block. */
export type Redundancy = NoneRedundancy | ReplicaRedundancy | ErasureRedundancy;

/** The object itself on one space, as block 0. */
export interface NoneRedundancy {
  readonly kind: "none";
}

/** The object itself on `count` spaces, as blocks 0 to count-1. */
export interface ReplicaRedundancy {
  readonly kind: "rep";
  readonly count: number;
}

/** k data blocks and m parity blocks, each on its own space; see design of strips in {@link StripLayout}. */
export interface ErasureRedundancy {
  readonly kind: "ec";
  readonly dataShards: number;
  readonly parityShards: number;
  /** Strip chunk length in bytes: a power of two from 64 KiB to 64 MiB. */
  readonly chunkBytes: number;
  /** The code that made the parity, for example `cauchy16/1`. */
  readonly code: string;
}

/** A scheme as a user asks for it: a redundancy, or `auto`, which the failure domains at hand decide. */
export type Scheme = Redundancy | { readonly kind: "auto" };
