import { crc32 } from "node:zlib";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { collect } from "../bytes/collect.ts";
import { CHECKSUM_TABLE_BYTES_MAX, CHECKSUM_TABLE_HELD_BYTES_MAX, DESCRIPTOR_BYTES_MAX } from "../limits.ts";
import { checksumTableBytes } from "./checksum_table.ts";
import { type BlockDescriptor, decodeDescriptor } from "./descriptor.ts";
import { decodeTrailer, TRAILER_BYTES } from "./trailer.ts";

/** What stands behind the payload of a block, verified. */
export interface BlockTail {
  readonly descriptor: BlockDescriptor;
  /** The checksum table; absent when it is too long to be held. It starts where the payload ends. */
  readonly table: Uint8Array | undefined;
}

/** Where {@link readBlockTail} gets its bytes from. */
export interface TailSource {
  readonly blockBytes: number;
  /** The end of the block, trailer included, as far as it was read already. */
  readonly end: Uint8Array;
  /** Exactly `length` bytes from `offset` on. */
  readonly read: (offset: number, length: number) => ByteStream;
  /** Makes the error for a block that is not whole. `reason` completes a sentence. */
  readonly corrupt: (reason: string, cause?: unknown) => Error;
  /** Makes the error for a block that only a newer program understands. */
  readonly newer: (reason: string) => Error;
}

/** Reads and checks trailer, descriptor and checksum table, with no request when `end` holds all of them and else with one.
 *
 *  A checksum table longer than {@link CHECKSUM_TABLE_HELD_BYTES_MAX} is read through once to verify it, and not held. */
export async function readBlockTail(source: TailSource): Promise<BlockTail> {
  const { blockBytes, end, corrupt } = source;
  if (end.length < TRAILER_BYTES) throw corrupt(`it has only ${blockBytes} bytes`);
  const trailer = decodeTrailer(end.subarray(end.length - TRAILER_BYTES));
  if (trailer.kind === "newer") throw source.newer(trailer.reason);
  if (trailer.kind === "corrupt") throw corrupt(trailer.reason);
  const { tableBytes, descriptorBytes } = trailer;
  const payloadBytes = blockBytes - TRAILER_BYTES - descriptorBytes - tableBytes;
  if (descriptorBytes > DESCRIPTOR_BYTES_MAX || tableBytes > CHECKSUM_TABLE_BYTES_MAX || payloadBytes < 0) {
    throw corrupt("the trailer is damaged");
  }
  const held = tableBytes <= CHECKSUM_TABLE_HELD_BYTES_MAX;
  const known = await readKnown(source, held ? tableBytes + descriptorBytes : descriptorBytes);
  const before = held ? 0 : await checksumOf(source.read(payloadBytes, tableBytes));
  if (crc32(known, before) !== trailer.checksum) {
    throw corrupt("descriptor and checksum table do not match their checksum");
  }
  const descriptor = decode(known.subarray(known.length - descriptorBytes), corrupt);
  if (
    descriptor.payloadBytes !== payloadBytes ||
    checksumTableBytes(payloadBytes, descriptor.checksumChunkBytes) !== tableBytes
  ) {
    throw corrupt(`it has ${blockBytes} bytes, which is not the length that it was written with`);
  }
  return { descriptor, table: held ? known.subarray(0, tableBytes) : undefined };
}

/** The `length` bytes before the trailer. */
async function readKnown(source: TailSource, length: number): Promise<Uint8Array> {
  const { end } = source;
  const endsAt = end.length - TRAILER_BYTES;
  if (length <= endsAt) return end.subarray(endsAt - length, endsAt);
  const offset = source.blockBytes - TRAILER_BYTES - length;
  return await collect(source.read(offset, length), { bytesMax: length });
}

async function checksumOf(stream: ByteStream): Promise<number> {
  let checksum = 0;
  for await (const chunk of stream) checksum = crc32(chunk, checksum);
  return checksum;
}

function decode(bytes: Uint8Array, corrupt: TailSource["corrupt"]): BlockDescriptor {
  try {
    return decodeDescriptor(bytes);
  } catch (error) {
    throw corrupt(`the descriptor cannot be read: ${error instanceof Error ? error.message : error}`, error);
  }
}
