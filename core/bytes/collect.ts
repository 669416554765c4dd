import { giveBack, isPooled } from "../../ioswitch/buffer_pool.ts";
import { JcsError } from "../errors.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Reads a whole stream into memory, `bytesMax` at the most.
 *
 *  A longer stream is cancelled and gives the error that `tooLong` makes, `Unexpected` unless given. The result is ordinary memory that
 *  belongs to the caller; it is the chunk itself when there was only one. */
export async function collect(
  stream: ByteStream,
  options: { readonly bytesMax: number; readonly tooLong?: () => Error },
): Promise<Uint8Array> {
  const { bytesMax, tooLong } = options;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) {
        throw tooLong?.() ?? new JcsError("Unexpected", `Cannot hold a stream: more than ${bytesMax} bytes`);
      }
    }
  } catch (error) {
    chunks.forEach(giveBack);
    throw error;
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined && !isPooled(first) ? first : joinBytes(chunks, bytes);
}

/** Chunks of `bytes` bytes in all, copied into one new buffer and given back. */
function joinBytes(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
    giveBack(chunk);
  }
  return whole;
}
