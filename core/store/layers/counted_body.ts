import type { ByteStream } from "../../bytes/byte_stream.ts";

/** The body of a write; `count` is told the bytes that are taken of it: at once of bytes, chunk by chunk of a stream. */
export function countedBody(
  body: Uint8Array | ByteStream,
  count: (bytes: number) => void,
): Uint8Array | ByteStream {
  if (body instanceof Uint8Array) {
    count(body.length);
    return body;
  }
  const iterator = body[Symbol.asyncIterator]();
  const counted: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => counted,
    async next() {
      const result = await iterator.next();
      if (result.done !== true) count(result.value.length);
      return result;
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return counted;
}
