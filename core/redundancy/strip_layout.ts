import { assert } from "../assert.ts";

/** A half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Shape of a striped object. */
export interface StripShape {
  readonly dataShards: number;
  readonly chunkBytes: number;
  /** Chunks are rounded up to a multiple of this: the code's block length. */
  readonly blockBytes: number;
  /** Bytes of the object. */
  readonly size: number;
}

/** How an object lies in its data shards (formats.md §3): cut into strips of k × chunk; chunk j of a strip goes to shard j.
 *
 *  Only the last strip is short: with r bytes left its chunk is `ceil(r / k)` rounded up to the code's block, zero-filled at the end. All
 *  shards of an object, parity included, have the same length. */
export interface StripLayout {
  /** Length of every shard. */
  readonly shardBytes: number;
  /** The part of shard `shard` that holds bytes of the object range, zero-fill excluded; empty (start = end) when none. */
  shardRange(shard: number, range: ByteRange): ByteRange;
  /** The pieces of the object range in object order: each lies in one shard without a gap. */
  pieces(range: ByteRange): Iterable<Piece>;
}

/** Some bytes of an object and where they lie. */
export interface Piece {
  readonly shard: number;
  /** Position in the shard. */
  readonly offset: number;
  readonly length: number;
}

/** The chunk length of the last strip when `rest` bytes are left for it. */
export function lastChunkBytes(rest: number, dataShards: number, blockBytes: number): number {
  return Math.ceil(Math.ceil(rest / dataShards) / blockBytes) * blockBytes;
}

/** Computes the layout of one object. Pure arithmetic, constant time; `size` and `chunkBytes` in bytes. */
export function stripLayout(shape: StripShape): StripLayout {
  const { dataShards, chunkBytes, blockBytes, size } = shape;
  assert(chunkBytes % blockBytes === 0, "a strip chunk is a whole number of code blocks");
  const stripBytes = dataShards * chunkBytes;
  const fullStrips = Math.floor(size / stripBytes);
  const restBytes = size - fullStrips * stripBytes;
  const lastChunk = lastChunkBytes(restBytes, dataShards, blockBytes);
  const shardBytes = fullStrips * chunkBytes + lastChunk;

  /** Position in shard `shard` of the first byte at or after object offset `offset` that lies in this shard. */
  function shardPosition(shard: number, offset: number): number {
    if (offset >= size) return shardDataBytes(shard);
    const strip = Math.floor(offset / stripBytes);
    const chunk = strip < fullStrips ? chunkBytes : lastChunk;
    const inStrip = offset - strip * stripBytes;
    const inShard = Math.min(Math.max(inStrip - shard * chunk, 0), chunk);
    return Math.min(strip * chunkBytes + inShard, shardDataBytes(shard));
  }

  /** Bytes of the object in shard `shard`, zero-fill excluded. */
  function shardDataBytes(shard: number): number {
    return fullStrips * chunkBytes + Math.min(Math.max(restBytes - shard * lastChunk, 0), lastChunk);
  }

  return {
    shardBytes,
    shardRange(shard, range) {
      const start = shardPosition(shard, range.start);
      return { start, end: Math.max(start, shardPosition(shard, range.end)) };
    },
    *pieces(range) {
      let offset = range.start;
      const end = Math.min(range.end, size);
      while (offset < end) {
        const strip = Math.floor(offset / stripBytes);
        const chunk = strip < fullStrips ? chunkBytes : lastChunk;
        const inStrip = offset - strip * stripBytes;
        const shard = Math.floor(inStrip / chunk);
        const inChunk = inStrip - shard * chunk;
        const length = Math.min(chunk - inChunk, end - offset);
        yield { shard, offset: strip * chunkBytes + inChunk, length };
        offset += length;
      }
    },
  };
}
