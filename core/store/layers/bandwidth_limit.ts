import type { ByteStream } from "../../bytes/byte_stream.ts";
import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import { storeError } from "../store_error.ts";
import type { TokenBucket } from "./token_bucket.ts";
import { bodyOptions, wrapStore } from "./wrap_store.ts";

/** What the limits of one or more accounts let through; those of several stores may be the same. */
export interface SharedLimits {
  /** Operations. */
  readonly operations: readonly TokenBucket[];
  /** Bytes to the service. */
  readonly up: readonly TokenBucket[];
  /** Bytes from the service. */
  readonly down: readonly TokenBucket[];
}

/** Makes operations wait for the limits of rate and bandwidth that the store shares with others of its account.
 *
 *  Bytes wait chunk by chunk; a body that is bytes waits for all of them before it begins. The pages of a list count as one operation. */
export function bandwidthLimit(limits: SharedLimits): Layer {
  const { operations, up, down } = limits;
  return (inner) => {
    if (operations.length + up.length + down.length === 0) return inner;
    const pass = async (
      buckets: readonly TokenBucket[],
      call: {
        readonly amount: number;
        readonly operation: string;
        readonly path: string;
        readonly signal: AbortSignal | undefined;
      },
    ) => {
      const { amount, signal, ...place } = call;
      const error = () =>
        storeError(inner.info, { ...place, kind: "Cancelled", state: "cancelled", cause: signal?.reason });
      for (const bucket of buckets) await bucket.take(amount, { signal, error });
    };
    return wrapStore(inner, {
      async run({ operation, path, signal }, work) {
        // Signing talks to nobody, and to throw parts away must not wait.
        if (operation !== "sign" && operation !== "abort") {
          await pass(operations, { amount: 1, operation, path, signal });
        }
        return await work(signal);
      },
      async read(path, call) {
        const place = { operation: "read", path, signal: call.signal };
        await pass(operations, { ...place, amount: 1 });
        const stream = await inner.read(path, call);
        if (down.length === 0) return stream;
        const iterator = stream[Symbol.asyncIterator]();
        return objectStream({
          etag: stream.etag,
          async pull() {
            const result = await iterator.next();
            if (result.done === true) return undefined;
            await pass(down, { ...place, amount: result.value.length });
            return result.value;
          },
          async close() {
            await iterator.return?.();
          },
        });
      },
      async send({ operation, path, signal, body, size }, work) {
        const place = { operation, path, signal };
        const slow = (bytes: number) => pass(up, { ...place, amount: bytes });
        try {
          await pass(operations, { ...place, amount: 1 });
          if (body instanceof Uint8Array) await slow(body.length);
        } catch (error) {
          if (!(body instanceof Uint8Array)) letGo(body);
          throw error;
        }
        const limited = body instanceof Uint8Array || up.length === 0 ? body : slowed(body, slow);
        return await work(limited, bodyOptions({ size, signal }));
      },
      list: (prefix, call) =>
        passList(() => ({
          inner: inner.list(prefix, call),
          async wait(next, isFirst) {
            if (isFirst) {
              await pass(operations, { amount: 1, operation: "list", path: prefix, signal: call.signal });
            }
            return await next();
          },
        })),
    });
  };
}

/** The body, each chunk held back until it may pass. */
function slowed(body: ByteStream, pass: (bytes: number) => Promise<void>): ByteStream {
  const iterator = body[Symbol.asyncIterator]();
  const limited: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => limited,
    async next() {
      const result = await iterator.next();
      if (result.done !== true) await pass(result.value.length);
      return result;
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return limited;
}

function letGo(body: ByteStream): void {
  Promise.resolve(body[Symbol.asyncIterator]().return?.()).catch(() => {});
}
