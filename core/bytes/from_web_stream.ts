import type { ByteStream } from "./byte_stream.ts";

/** The bytes of a web stream, for example of a response. Empty chunks are dropped.
 *
 *  Stopping early cancels the web stream, also before the first chunk was asked for; so does {@link cancelStream}. */
export function fromWebStream(web: ReadableStream<Uint8Array>): ByteStream {
  const reader = web.getReader();
  let over = false;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      while (!over) {
        const result = await reader.read();
        if (result.done) over = true;
        else if (result.value.length > 0) return { done: false, value: result.value };
      }
      return { done: true, value: undefined };
    },
    async return() {
      if (!over) {
        over = true;
        await reader.cancel();
      }
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
