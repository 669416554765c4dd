import type { ByteStream } from "../../bytes/byte_stream.ts";
import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import { storeError } from "../store_error.ts";
import { createPlaces, type Places } from "./places.ts";
import { bodyOptions, wrapStore } from "./wrap_store.ts";

/** Lets at most `concurrency` reads, and as many other operations, run at the same time (0: no limit); the others wait in order.
 *
 *  A read holds its place until its stream ends or is cancelled. Reads have their own places, so that copying from a store to itself
 *  cannot wait for itself. A list holds a place only while it fetches, so that its consumer can use the store. Who needs several streams
 *  of one store at once must not open more of them than there are places. */
export function concurrencyLimit(options: { readonly concurrency: number }): Layer {
  return (inner) => {
    if (options.concurrency === 0) return inner;
    const readers = createPlaces(options.concurrency);
    const others = createPlaces(options.concurrency);
    const enter = (
      queue: Places,
      call: { readonly operation: string; readonly path: string; readonly signal: AbortSignal | undefined },
    ) => {
      const { operation, path, signal } = call;
      const error = () =>
        storeError(inner.info, {
          kind: "Cancelled",
          operation,
          path,
          state: "cancelled",
          cause: signal?.reason,
        });
      return queue.enter({ signal, error });
    };
    const within = async <T>(call: Parameters<typeof enter>[1], work: () => Promise<T>): Promise<T> => {
      const leave = await enter(others, call);
      try {
        return await work();
      } finally {
        leave();
      }
    };
    /** As {@link within}; the body learns it when its write never begins. */
    const withBody = async <T>(
      call: Parameters<typeof enter>[1] & { readonly body: Uint8Array | ByteStream },
      work: () => Promise<T>,
    ): Promise<T> => {
      let begun = false;
      try {
        return await within(call, () => {
          begun = true;
          return work();
        });
      } finally {
        if (!begun && !(call.body instanceof Uint8Array)) {
          Promise.resolve(call.body[Symbol.asyncIterator]().return?.()).catch(() => {});
        }
      }
    };

    return wrapStore(inner, {
      run: (call, work) => within(call, () => work(call.signal)),
      async read(path, call) {
        const leave = await enter(readers, { operation: "read", path, signal: call.signal });
        try {
          const stream = await inner.read(path, call);
          const iterator = stream[Symbol.asyncIterator]();
          return objectStream({
            etag: stream.etag,
            async pull() {
              const result = await iterator.next();
              return result.done === true ? undefined : result.value;
            },
            async close() {
              try {
                await iterator.return?.();
              } finally {
                leave();
              }
            },
          });
        } catch (error) {
          leave();
          throw error;
        }
      },
      send: ({ operation, path, signal, body, size }, work) =>
        withBody({ operation, path, signal, body }, () => work(body, bodyOptions({ size, signal }))),
      list: (prefix, call) =>
        passList(() => ({
          inner: inner.list(prefix, call),
          wait: (next) => within({ operation: "list", path: prefix, signal: call.signal }, next),
        })),
    });
  };
}
