import { assert } from "../assert.ts";
import type { ByteStream } from "./byte_stream.ts";

/** The same bytes in chunks of exactly `chunkBytes`, the last one short.
 *
 *  Where a chunk of the source holds a whole chunk of the result, that is a view of it; only pieces that lie across borders are
 *  copied. Several results may thus be views of one buffer: a consumer must not transfer it to a worker. */
export async function* rechunk(stream: ByteStream, chunkBytes: number): ByteStream {
  assert(Number.isSafeInteger(chunkBytes) && chunkBytes > 0, "chunkBytes is a positive integer");
  let pending = new Uint8Array(0);
  let filled = 0;
  for await (const chunk of stream) {
    let offset = 0;
    if (filled > 0) {
      offset = Math.min(chunkBytes - filled, chunk.length);
      pending.set(chunk.subarray(0, offset), filled);
      filled += offset;
      if (filled < chunkBytes) continue;
      filled = 0;
      yield pending;
    }
    for (; offset + chunkBytes <= chunk.length; offset += chunkBytes) {
      yield chunk.length === chunkBytes ? chunk : chunk.subarray(offset, offset + chunkBytes);
    }
    if (offset < chunk.length) {
      // The one before belongs to the consumer by now.
      pending = new Uint8Array(chunkBytes);
      pending.set(chunk.subarray(offset));
      filled = chunk.length - offset;
    }
  }
  if (filled > 0) yield pending.subarray(0, filled);
}
