import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";

const ENTRY_BYTES = 4;

/** Bytes of the checksum table for a payload: one u32 for each chunk begun. */
export function checksumTableBytes(payloadBytes: number, chunkBytes: number): number {
  return Math.ceil(payloadBytes / chunkBytes) * ENTRY_BYTES;
}

/** A checksum table in the making. */
export interface ChecksumTable {
  /** Counts the next bytes of the payload in; they are only read. */
  update(bytes: Uint8Array): void;
  /** Payload bytes counted so far. */
  readonly payloadBytes: number;
  /** The table: u32 little-endian CRC-32 (IEEE) of each chunk, the last one short. Nothing may be counted in afterwards. */
  finish(): Uint8Array;
}

/** Starts a table for a payload that comes in pieces of any length, with one CRC-32 for each `chunkBytes` of it. */
export function createChecksumTable(chunkBytes: number): ChecksumTable {
  assert(Number.isSafeInteger(chunkBytes) && chunkBytes > 0, "chunkBytes is a positive integer");
  let table = new DataView(new ArrayBuffer(64 * ENTRY_BYTES));
  let entries = 0;
  let payloadBytes = 0;
  let running = 0;

  function endChunk(): void {
    if ((entries + 1) * ENTRY_BYTES > table.byteLength) {
      const larger = new Uint8Array(table.byteLength * 2);
      larger.set(new Uint8Array(table.buffer));
      table = new DataView(larger.buffer);
    }
    table.setUint32(entries * ENTRY_BYTES, running, true);
    entries += 1;
    running = 0;
  }

  return {
    update(bytes) {
      for (let offset = 0; offset < bytes.length; ) {
        const length = Math.min(chunkBytes - (payloadBytes % chunkBytes), bytes.length - offset);
        running = crc32(bytes.subarray(offset, offset + length), running);
        offset += length;
        payloadBytes += length;
        if (payloadBytes % chunkBytes === 0) endChunk();
      }
    },
    get payloadBytes() {
      return payloadBytes;
    },
    finish() {
      if (payloadBytes % chunkBytes !== 0) endChunk();
      return new Uint8Array(table.buffer, 0, entries * ENTRY_BYTES);
    },
  };
}
