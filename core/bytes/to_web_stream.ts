import type { ByteStream } from "./byte_stream.ts";

/** A byte stream as a web stream, for `fetch` and SDK bodies: pulled chunk by chunk, nothing is read ahead.
 *
 *  Cancelling it cancels the source; a failure of the source is the failure of the web stream. */
export function toWebStream(stream: ByteStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        // Chunks over shared memory never come from a stream: `ArrayBuffer` is only narrower in the types.
        else controller.enqueue(result.value as Uint8Array<ArrayBuffer>);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
