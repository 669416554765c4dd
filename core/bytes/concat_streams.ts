import type { ByteStream } from "./byte_stream.ts";
import { cancelStream } from "./cancel_stream.ts";

/** A stream, or how to open it when its turn comes. */
export type StreamSource = ByteStream | (() => ByteStream | Promise<ByteStream>);

/** One stream after the other, chunks unchanged. A source that is a function is opened only when its turn comes.
 *
 *  On failure, and when the consumer stops early, the streams that were handed in open and not read are cancelled, too. */
export async function* concatStreams(sources: readonly StreamSource[]): ByteStream {
  let next = 0;
  try {
    while (next < sources.length) {
      const source = sources[next++]!;
      yield* typeof source === "function" ? await source() : source;
    }
  } finally {
    for (const source of sources.slice(next)) {
      if (typeof source !== "function") await cancelStream(source);
    }
  }
}
