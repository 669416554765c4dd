import { crc32 } from "node:zlib";
import { shareBuffer } from "../../ioswitch/buffer_pool.ts";
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
  let waiting: Uint8Array[] = [];
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

  for await (const piece of stream) {
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
    if (verified > 0) {
      if (verified < piece.length) shareBuffer(piece, 1);
      yield* waiting;
      waiting = [];
      yield verified === piece.length ? piece : piece.subarray(0, verified);
    }
    if (verified < piece.length) waiting.push(piece.subarray(verified));
  }
  if (filled > 0) endChunk();
  yield* waiting;
}
