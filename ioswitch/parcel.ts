import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import type { Mailbox } from "./mailbox.ts";

/** What crosses a node border. */
export type Parcel = { readonly stream: ByteStream } | { readonly value: Json };

/** Puts `stream` into `mailbox` and resolves when it was read to its end or is not wanted; its iteration has been ended
 *  then. Rejects when the stream fails, the mailbox is closed with an error, or `signal` is aborted. */
export async function offerStream(
  mailbox: Mailbox<Parcel>,
  channel: string,
  { stream, signal }: { readonly stream: ByteStream; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const watched = watch(stream);
  function abort(): void {
    watched.abort(signal?.reason);
  }
  signal?.addEventListener("abort", abort);
  try {
    const taken = await mailbox.offer(channel, { stream: watched.stream }, signal);
    if (!taken) await watched.leave();
    await watched.over;
  } catch (error) {
    watched.leave().catch(ignore);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Puts `value` into `mailbox` and resolves when it was taken or is not wanted. */
export async function offerValue(
  mailbox: Mailbox<Parcel>,
  channel: string,
  { value, signal }: { readonly value: Json; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  await mailbox.offer(channel, { value }, signal);
}

/** Takes a stream out of `mailbox`, waiting for it. */
export async function takeStream(
  mailbox: Mailbox<Parcel>,
  channel: string,
  signal?: AbortSignal,
): Promise<ByteStream> {
  const parcel = await mailbox.take(channel, signal);
  if ("stream" in parcel) return parcel.stream;
  throw new Error(`Cannot take "${channel}": it is a value, not a stream`);
}

/** Takes a value out of `mailbox`, waiting for it. */
export async function takeValue(
  mailbox: Mailbox<Parcel>,
  channel: string,
  signal?: AbortSignal,
): Promise<Json> {
  const parcel = await mailbox.take(channel, signal);
  if ("value" in parcel) return parcel.value;
  throw new Error(`Cannot take "${channel}": it is a stream, not a value`);
}

interface Watched {
  readonly stream: ByteStream;
  /** Resolves when the iteration has ended, rejects when the stream failed or `abort` was called. */
  readonly over: Promise<void>;
  leave(): Promise<void>;
  abort(error: unknown): void;
}

/** `stream`, telling when its reader is through with it. */
function watch(stream: ByteStream): Watched {
  const iterator = stream[Symbol.asyncIterator]();
  const over = Promise.withResolvers<void>();
  over.promise.catch(ignore);
  async function leave(): Promise<void> {
    over.resolve();
    await iterator.return?.();
  }
  return {
    stream: {
      [Symbol.asyncIterator]: () => ({
        async next(): Promise<IteratorResult<Uint8Array, undefined>> {
          try {
            const result = await iterator.next();
            if (result.done !== true) return result;
            over.resolve();
            return { done: true, value: undefined };
          } catch (error) {
            over.reject(error);
            throw error;
          }
        },
        async return() {
          await leave();
          return { done: true, value: undefined };
        },
      }),
    },
    over: over.promise,
    leave,
    abort: over.reject,
  };
}

function ignore(): void {}
