import type { JsonObject } from "../../ioswitch/json.ts";

/** Attributes of `block.read`: a range of the payload of one block, verified. */
export interface BlockReadAttrs extends JsonObject {
  readonly space: string;
  readonly path: string;
  readonly generation: string;
  readonly index: number;
  /** Bytes of the whole block file. */
  readonly bytes: number;
  readonly payloadBytes: number;
  /** The part of the payload that is delivered. */
  readonly offset: number;
  readonly length: number;
}

/** Attributes of `hash`. */
export interface HashAttrs extends JsonObject {
  /** Bytes that will pass, when known. */
  readonly size?: number;
}

/** Attributes of `block.write`. */
export interface BlockWriteAttrs extends JsonObject {
  readonly space: string;
  readonly path: string;
  readonly index: number;
  /** A `DescriptorSeed` as JSON. */
  readonly descriptor: JsonObject;
  /** Bytes of the object, when known. */
  readonly size?: number;
  /** Length of the payload, when known. */
  readonly payloadBytes?: number;
  /** Give a failure as the op's value instead of failing the plan. */
  readonly tolerant: boolean;
}

/** Attributes of `strip.split` and `strip.join`. */
export interface StripAttrs extends JsonObject {
  readonly dataShards: number;
  readonly chunkBytes: number;
  readonly blockBytes: number;
}

/** Attributes of `strip.join`: which range of the object comes out. */
export interface StripJoinAttrs extends StripAttrs {
  /** Bytes of the object. */
  readonly size: number;
  readonly start: number;
  readonly end: number;
  /** The data shards that come in, by port: those that hold bytes of the range. */
  readonly shards: readonly number[];
}

/** Attributes of `ec.rebuild`: shards in, shards out; encoding and decoding alike. */
export interface EcRebuildAttrs extends JsonObject {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly code: string;
  /** Shard numbers by input port. */
  readonly inputs: readonly number[];
  /** Shard numbers by output port. */
  readonly outputs: readonly number[];
}

/** Attributes of every storage op, by kind: one line each. */
export type TransferAttrs = {
  readonly hash: HashAttrs;
  readonly "block.read": BlockReadAttrs;
  readonly "block.write": BlockWriteAttrs;
  readonly "strip.split": StripAttrs;
  readonly "strip.join": StripJoinAttrs;
  readonly "ec.rebuild": EcRebuildAttrs;
};
