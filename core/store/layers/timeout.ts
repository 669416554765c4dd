import type { ByteStream } from "../../bytes/byte_stream.ts";
import { noteGarbage } from "../../bytes/garbage.ts";
import {
  CANCEL_GRACE_MS,
  COPY_TIMEOUT_FACTOR,
  STREAM_CHUNK_BYTES,
  TRANSFER_BYTES_PER_SECOND_MIN,
} from "../../limits.ts";
import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { bodyOptions, type Operation, withSignal, wrapStore } from "./wrap_store.ts";

/** How long is too long. */
export interface TimeoutOptions {
  /** Longest wait for the answer to an operation, the time of its bytes aside; 0 for none. */
  readonly operationMs: number;
  /** Longest silence of a stream that somebody is waiting for; 0 for none. */
  readonly idleMs: number;
}

/** What a service holds of a body that says nothing about it. */
const HELD_BYTES_MAX = 2 * STREAM_CHUNK_BYTES;

/** About what a listed entry leaves behind on its way from the service to whoever prints it. */
const ENTRY_GARBAGE_BYTES = 1024;

/** Operations whose time grows with an object that only the service sees. */
const LONG: ReadonlySet<Operation> = new Set(["copy", "move", "fetch", "complete"]);

/** Ends what does not answer, with `TimedOut` (`retry: "later"`). The service is cancelled by its signal and has
 *  {@link CANCEL_GRACE_MS} to tidy up; what it still finishes in that time counts as done.
 *
 *  Only the service's time counts: a reader that takes its time is never the reason, nor a body whose producer is slow. Bytes
 *  under way get the time they need at {@link TRANSFER_BYTES_PER_SECOND_MIN}. The caller's own signal ends every wait in the same way, even
 *  where the service does not listen to it. */
export function timeout(options: TimeoutOptions): Layer {
  const { operationMs, idleMs } = options;
  return (inner) =>
    wrapStore(inner, {
      async run({ operation, path, signal }, work) {
        const watch = startWatch(inner.info, { operation, path, signal });
        const limitMs = LONG.has(operation) ? operationMs * COPY_TIMEOUT_FACTOR : operationMs;
        try {
          watch.expect(limitMs);
          return await watch.race(work(watch.signal, { onProgress: () => watch.expect(limitMs) }));
        } finally {
          watch.end();
        }
      },
      async read(path, call) {
        const watch = startWatch(inner.info, { operation: "read", path, signal: call.signal });
        const opening = inner.read(path, withSignal(call, watch.signal));
        try {
          watch.expect(operationMs);
          const stream = await watch.race(opening);
          watch.check();
          const iterator = stream[Symbol.asyncIterator]();
          return objectStream({
            etag: stream.etag,
            async pull() {
              watch.expect(idleMs);
              const result = await watch.race(iterator.next());
              watch.expect(0);
              return result.done === true ? undefined : result.value;
            },
            async close() {
              const silent = watch.failed();
              watch.end();
              // What hangs would never answer.
              const closing = Promise.resolve(iterator.return?.()).then(() => {});
              if (silent) closing.catch(() => {});
              else await closing;
            },
          });
        } catch (error) {
          watch.end();
          // An answer that comes too late is nobody's.
          opening.then((late) => late[Symbol.asyncIterator]().return?.()).catch(() => {});
          throw error;
        }
      },
      async send({ operation, path, signal, body, size }, work) {
        const watch = startWatch(inner.info, { operation, path, signal });
        try {
          const heldBytesMax = inner.info.heldBytesMax ?? HELD_BYTES_MAX;
          const watched = watchBody(body, { watch, operationMs, idleMs, heldBytesMax });
          return await watch.race(work(watched, bodyOptions({ size, signal: watch.signal })));
        } finally {
          watch.end();
        }
      },
      list: (prefix, call) =>
        passList(() => {
          const watch = startWatch(inner.info, { operation: "list", path: prefix, signal: call.signal });
          return {
            inner: inner.list(prefix, withSignal(call, watch.signal)),
            async wait(next) {
              watch.expect(operationMs);
              const entry = await watch.race(next());
              watch.expect(0);
              return entry;
            },
            keep() {
              noteGarbage(ENTRY_GARBAGE_BYTES);
              return true;
            },
            async close(end) {
              watch.end();
              // What hangs would never answer.
              end().catch(() => {});
            },
          };
        }),
    });
}

/** Watches one operation over its whole life. */
interface Watch {
  /** Aborted when the time is over or the caller cancels. */
  readonly signal: AbortSignal;
  /** Starts the clock anew: the service must do something within `limitMs`; 0 stops the clock. */
  expect(limitMs: number): void;
  /** What `work` gives, unless the time is over or the caller cancels first and it does not end in the grace. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Throws when the time is over or the caller has cancelled. */
  check(): void;
  failed(): boolean;
  end(): void;
}

function startWatch(
  info: StoreInfo,
  call: { readonly operation: string; readonly path: string; readonly signal: AbortSignal | undefined },
): Watch {
  const { operation, path, signal } = call;
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let limitMs = 0;
  /** When the time is over, and when the timer looks next: setting one anew for every chunk and every entry would cost more than they do. */
  let endsAtMs = Number.POSITIVE_INFINITY;
  let looksAtMs = Number.POSITIVE_INFINITY;
  let failure: Error | undefined;
  let giveUp: (() => void) | undefined;
  let over = false;
  const fail = (error: Error) => {
    if (failure !== undefined) return;
    failure = error;
    clearTimeout(timer);
    controller.abort(error);
    if (giveUp !== undefined) timer = setTimeout(giveUp, CANCEL_GRACE_MS);
  };
  const cancel = () =>
    fail(storeError(info, { kind: "Cancelled", operation, path, state: "cancelled", cause: signal?.reason }));
  if (signal?.aborted === true) cancel();
  else signal?.addEventListener("abort", cancel, { once: true });
  const lookAt = (atMs: number) => {
    clearTimeout(timer);
    looksAtMs = atMs;
    timer = setTimeout(look, Math.max(0, Math.ceil(atMs - performance.now())));
  };
  const look = () => {
    looksAtMs = Number.POSITIVE_INFINITY;
    if (endsAtMs === Number.POSITIVE_INFINITY) return;
    if (performance.now() < endsAtMs) return lookAt(endsAtMs);
    const state = `no answer within ${Math.round(limitMs / 100) / 10} seconds`;
    fail(storeError(info, { kind: "TimedOut", operation, path, state, retry: "later" }));
  };
  return {
    signal: controller.signal,
    expect(nextLimitMs) {
      if (failure !== undefined || over) return;
      limitMs = nextLimitMs;
      endsAtMs = limitMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + limitMs;
      if (endsAtMs < looksAtMs) lookAt(endsAtMs);
    },
    // Not Promise.race: it would remember every chunk of a stream for as long as the stream lives.
    race: (work) =>
      new Promise((resolve, reject) => {
        giveUp = () => reject(failure);
        work.then(resolve, (error: unknown) => reject(failure ?? error));
        if (failure !== undefined) timer = setTimeout(giveUp, CANCEL_GRACE_MS);
      }),
    check() {
      if (failure !== undefined) throw failure;
    },
    failed: () => failure !== undefined,
    end() {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}

/** The body, so that the clock stands still while its producer is asked for more. */
function watchBody(
  body: Uint8Array | ByteStream,
  limits: TimeoutOptions & { readonly watch: Watch; readonly heldBytesMax: number },
): Uint8Array | ByteStream {
  const { watch, operationMs, idleMs, heldBytesMax } = limits;
  let takenBytes = 0;
  const during = (limitMs: number, bytes: number) =>
    limitMs === 0 ? 0 : limitMs + (bytes / TRANSFER_BYTES_PER_SECOND_MIN) * 1000;
  watch.expect(during(operationMs, body instanceof Uint8Array ? body.length : 0));
  if (body instanceof Uint8Array) return body;
  const iterator = body[Symbol.asyncIterator]();
  const watched: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => watched,
    async next() {
      watch.expect(0);
      const result = await iterator.next();
      if (result.done !== true) takenBytes += result.value.length;
      // All that the service may still hold needs its time, not the last chunk alone.
      watch.expect(during(result.done === true ? operationMs : idleMs, Math.min(takenBytes, heldBytesMax)));
      return result;
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return watched;
}
