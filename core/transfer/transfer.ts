import type { ErasureRedundancy, Redundancy } from "../redundancy/scheme.ts";
import type { ByteRange } from "../redundancy/strip_layout.ts";

/** What a stream holds: the object itself, or one shard of its erasure code. */
export type Holds = "object" | { readonly shard: number };

/** A block that exists. */
export interface BlockSource {
  readonly space: string;
  readonly path: string;
  readonly generation: string;
  readonly index: number;
  /** Bytes of the whole block file. */
  readonly bytes: number;
  readonly payloadBytes: number;
}

/** A block to be written. Everything of its descriptor is known but what only the content can tell. */
export interface BlockTarget {
  readonly space: string;
  readonly path: string;
  readonly index: number;
  readonly descriptor: DescriptorSeed;
}

/** The part of a block's descriptor that is known before its first byte. */
export interface DescriptorSeed {
  readonly generation: string;
  readonly bucket: string;
  readonly package: string;
  readonly path: string;
  readonly redundancy: Redundancy;
  readonly checksumChunkBytes: number;
  /** ISO 8601, as plans are JSON. */
  readonly createdAt: string;
  readonly modifiedAt?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where bytes come from: the caller's stream (the whole object), or a block. */
export type From =
  | { readonly kind: "caller"; readonly name: string }
  | { readonly kind: "block"; readonly holds: Holds; readonly block: BlockSource };

/** Where bytes go: to the caller (a range of the object), or into a block (all of it). */
export type To =
  | { readonly kind: "caller"; readonly name: string; readonly range: ByteRange }
  | { readonly kind: "block"; readonly name: string; readonly holds: Holds; readonly target: BlockTarget };

/** One transfer: what is at hand, and what is wanted. `lower` finds the way between them. */
export interface Transfer {
  readonly from: readonly From[];
  readonly to: readonly To[];
  /** The code that shards belong to; needed as soon as one is named. */
  readonly ec?: ErasureRedundancy;
  /** Bytes of the object, when known. */
  readonly size?: number;
  /** SHA-256 of the object (`sha256:…`), when known; otherwise blocks can only be written from the caller's stream. */
  readonly hash?: string;
  /** Go on when a block cannot be written: its result then says so. */
  readonly tolerateFailedWrites?: boolean;
}
