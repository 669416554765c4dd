import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { ObjectStream } from "./store.ts";

/** Where the bytes of an {@link objectStream} come from. */
export interface StreamSource {
  /** The next chunk, or `undefined` at the end. Called by one consumer, never again after the end, a failure or `close`. */
  pull(): Promise<Uint8Array | undefined>;
  /** Lets go of what the stream holds. Called exactly once, also for a stream that is cancelled before it is read, and possibly
   *  while a `pull` is under way. */
  close(): Promise<void> | void;
  readonly etag?: string | undefined;
}

/** A stream that owns something (a file, a connection, a place in a queue) and is sure to let go of it.
 *
 *  An async generator would not do: one that is cancelled before its first chunk never runs its `finally`. Empty chunks are skipped. */
export function objectStream(source: StreamSource): ObjectStream {
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await source.close();
  };
  const iterator: AsyncIterableIterator<Uint8Array> & { readonly etag?: string } = {
    ...(source.etag === undefined ? {} : { etag: source.etag }),
    [Symbol.asyncIterator]() {
      return iterator;
    },
    async next() {
      while (open) {
        let chunk: Uint8Array | undefined;
        try {
          chunk = await source.pull();
        } catch (error) {
          // The failure of the stream says more than that of letting go.
          await close().catch(() => {});
          throw error;
        }
        if (chunk === undefined) await close();
        else if (!open) giveBack(chunk);
        else if (chunk.length > 0) return { done: false, value: chunk };
      }
      return { done: true, value: undefined };
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
  };
  return iterator;
}
