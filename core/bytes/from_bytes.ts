import { STREAM_CHUNK_BYTES } from "../limits.ts";
import type { ByteStream } from "./byte_stream.ts";

/** A stream of bytes that are in memory already, in views of at most `chunkBytes`, without copying.
 *
 *  The bytes belong to the consumer from then on. No bytes give no chunk. */
export async function* fromBytes(
  bytes: Uint8Array,
  options: { readonly chunkBytes?: number } = {},
): ByteStream {
  const chunkBytes = options.chunkBytes ?? STREAM_CHUNK_BYTES;
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    yield bytes.subarray(offset, Math.min(offset + chunkBytes, bytes.length));
  }
}
