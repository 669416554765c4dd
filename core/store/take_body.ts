import { shareBuffer } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { unlessAborted } from "../bytes/unless_aborted.ts";
import type { StoreInfo } from "./store.ts";
import { storeError } from "./store_error.ts";

/** The body of a write, taken by a service chunk by chunk. */
export interface Body {
  /** The next chunk, or `undefined` when the body is complete and has the length it should have. */
  next(): Promise<Uint8Array | undefined>;
  /** Tells the producer that no more is wanted. To be called once the write is over, however it ended. Never throws, does not wait. */
  end(): void;
}

/** Takes the body of a write and insists on what was said of it.
 *
 *  `next` throws `ConditionFailed` when the body is shorter or longer than `size`, `Cancelled` as soon as the signal is aborted,
 *  even while the producer hangs, and passes on the producer's own failure as it is. Empty chunks are skipped. */
export function takeBody(
  body: Uint8Array | ByteStream,
  call: {
    readonly info: StoreInfo;
    readonly operation: string;
    readonly path: string;
    readonly size?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Body {
  const { info, operation, path, size, signal } = call;
  const iterator = (body instanceof Uint8Array ? single(body) : body)[Symbol.asyncIterator]();
  let taken = 0;
  let complete = false;
  const fault = (state: string) => storeError(info, { kind: "ConditionFailed", operation, path, state });
  const cancelled = () =>
    storeError(info, { kind: "Cancelled", operation, path, state: "cancelled", cause: signal?.reason });
  return {
    async next() {
      while (!complete) {
        const result = await unlessAborted(() => iterator.next(), { signal, error: cancelled });
        if (result.done === true) {
          complete = true;
          if (size !== undefined && taken < size)
            throw fault(`the body ended after ${taken} of ${size} bytes`);
          break;
        }
        taken += result.value.length;
        if (size !== undefined && taken > size) throw fault(`the body is longer than ${size} bytes`);
        if (result.value.length > 0) return result.value;
      }
      return undefined;
    },
    end() {
      if (complete) return;
      complete = true;
      // A producer that hangs would never answer, and what fails while letting go concerns nobody.
      Promise.resolve(iterator.return?.()).catch(() => {});
    },
  };
}

async function* single(bytes: Uint8Array): ByteStream {
  // Whoever takes it may give it back; the caller of the write keeps it.
  shareBuffer(bytes, 1);
  yield bytes;
}
