import { crc32 } from "node:zlib";
import { giveBack, shareBuffer } from "../../ioswitch/buffer_pool.ts";
import { assert } from "../assert.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";

/** Options of {@link verifyChunks}. */
export interface VerifyOptions {
  /** The entries of the checksum table for the chunks of the stream, one for each. */
  readonly table: Uint8Array;
  readonly chunkBytes: number;
  /** Makes the error for a chunk that is not what was written; `chunk` counts from the start of the stream. */
  readonly error: (chunk: number) => Error;
}

/** Passes on only bytes that match their CRC-32: nothing of a chunk leaves before all of it was verified.
 *
 *  Requires a stream that starts at the start of a chunk and ends at the end of one (the last one of a payload is short). Its pieces
 *  may have any length; they come out as views, uncopied, and waiting ones are less than a chunk. */
export async function* verifyChunks(stream: ByteStream, options: VerifyOptions): ByteStream {
  const { table, chunkBytes, error } = options;
  const checksums = new DataView(table.buffer, table.byteOffset, table.length);
  /** What is ours: verified, and not verified yet. */
  const ready: Uint8Array[] = [];
  let waiting: Uint8Array[] = [];
  let held: Uint8Array | undefined;
  let chunk = 0;
  let running = 0;
  let filled = 0;

  function endChunk(): void {
    assert((chunk + 1) * 4 <= checksums.byteLength, "the table has an entry for each chunk");
    if (running !== checksums.getUint32(chunk * 4, true)) throw error(chunk);
    chunk += 1;
    running = 0;
    filled = 0;
  }

  try {
    for await (const piece of stream) {
      held = piece;
      let verified = 0;
      for (let offset = 0; offset < piece.length; ) {
        const length = Math.min(chunkBytes - filled, piece.length - offset);
        running = crc32(length === piece.length ? piece : piece.subarray(offset, offset + length), running);
        offset += length;
        filled += length;
        if (filled === chunkBytes) {
          endChunk();
          verified = offset;
        }
      }
      held = undefined;
      if (verified === 0) {
        waiting.push(piece);
        continue;
      }
      if (verified < piece.length) shareBuffer(piece, 1);
      ready.push(...waiting, verified === piece.length ? piece : piece.subarray(0, verified));
      waiting = verified < piece.length ? [piece.subarray(verified)] : [];
      for (let next = ready.shift(); next; next = ready.shift()) yield next;
    }
    if (filled > 0) endChunk();
    for (let next = waiting.shift(); next; next = waiting.shift()) yield next;
  } finally {
    if (held) giveBack(held);
    ready.forEach(giveBack);
    waiting.forEach(giveBack);
  }
}
