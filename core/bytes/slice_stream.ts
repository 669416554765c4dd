import type { ByteStream } from "./byte_stream.ts";
import type { Range } from "./range.ts";

/** The bytes of `stream` in `range`, as views of its chunks.
 *
 *  Cancels the source after the last of them, without reading on. A source that ends earlier gives fewer bytes: put
 *  {@link exactly} around it where that is an error. */
export async function* sliceStream(stream: ByteStream, range: Range): ByteStream {
  let skip = range.offset;
  let left = range.length;
  if (left === 0) return;
  for await (const chunk of stream) {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      continue;
    }
    const part = skip === 0 && chunk.length <= left ? chunk : chunk.subarray(skip, skip + left);
    skip = 0;
    left -= part.length;
    yield part;
    if (left === 0) return;
  }
}
