import type { ByteStream } from "./byte_stream.ts";

/** Tells the producer of a stream that nobody will read it (on). For a stream that was opened and never iterated.
 *
 *  Never throws: what goes wrong while letting go concerns nobody any more. An async generator that was never started does not
 *  run its `finally`: a stream that holds a resource from the start must be an iterator with its own `return`. */
export async function cancelStream(stream: ByteStream): Promise<void> {
  try {
    await stream[Symbol.asyncIterator]().return?.();
  } catch {
    // Nothing is lost: the bytes were not wanted.
  }
}
