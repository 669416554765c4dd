import { isReopenable } from "../../bytes/reopenable_stream.ts";
import { isKind, JcsError } from "../../errors.ts";
import { RETRY_AFTER_MS_MAX, RETRY_DELAY_MS, RETRY_DELAY_MS_MAX } from "../../limits.ts";
import type { Layer } from "../layer.ts";
import { type Listing, listing, passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import type { ListOptions, ObjectStream, ReadOptions, Store } from "../store.ts";
import { storeError } from "../store_error.ts";
import { pause } from "./pause.ts";
import { bodyOptions, type Operation, wrapStore } from "./wrap_store.ts";

/** How often and how fast. */
export interface RetryOptions {
  /** Tries after the first one; 0 for none. */
  readonly retries: number;
  /** First wait, doubled each time; {@link RETRY_DELAY_MS} unless given. */
  readonly delayMs?: number;
  /** A number from 0 up to 1, for the jitter; `Math.random` unless given. */
  readonly random?: () => number;
}

/** Operations that may have been done although they failed, and that would then fail or do something else when made again. */
const NOT_REPEATABLE: ReadonlySet<Operation> = new Set(["move", "multipart", "complete"]);

/** Tries again what failed with `retry: "later"`, after a random wait of up to the first delay, doubled each time ("full jitter"; Brooker,
 *  "Exponential Backoff And Jitter", 2015), and at least as long as the service asked for; who asks for more than
 *  {@link RETRY_AFTER_MS_MAX} is not waited for. An error that was tried enough leaves
 *  with `retry: "exhausted"`.
 *
 *  A write is tried again only when its body is bytes or can be read again: any other stream is gone. What must not be done twice (`ifAbsent`, append, move, beginning and
 *  completing an upload in parts) is tried again only when the service refused to begin (`Throttled`). A read goes on at the byte
 *  where it broke, of the very same version or not at all, and counts its tries anew after each chunk. A list begins
 *  anew as long as it has yielded nothing, or where names are sorted. */
export function retry(options: RetryOptions): Layer {
  const { retries, delayMs = RETRY_DELAY_MS, random = Math.random } = options;

  return (inner) => {
    const cancelled = (operation: string, path: string) => () =>
      storeError(inner.info, { kind: "Cancelled", operation, path, state: "cancelled" });

    /** Waits before try number `tried + 1`, or throws the error: for good, or as exhausted. */
    const waitAfter = async (
      error: unknown,
      call: Pick<Parameters<Repeat>[0], "operation" | "path" | "signal" | "repeatable"> & {
        readonly tried: number;
      },
    ): Promise<void> => {
      if (call.signal?.aborted === true) {
        throw isKind(error, "Cancelled") ? error : cancelled(call.operation, call.path)();
      }
      const worthwhile =
        error instanceof JcsError &&
        error.retry === "later" &&
        (call.repeatable || error.kind === "Throttled");
      if (!worthwhile || retries === 0) throw error;
      if (call.tried > retries || (error.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX) throw exhausted(error);
      const longest = Math.min(delayMs * 2 ** (call.tried - 1), RETRY_DELAY_MS_MAX);
      const waitMs = Math.max(random() * longest, error.retryAfterMs ?? 0);
      await pause(waitMs, { signal: call.signal, error: cancelled(call.operation, call.path) });
    };

    type Repeat = <T>(
      call: {
        readonly operation: Operation;
        readonly path: string;
        readonly signal: AbortSignal | undefined;
        readonly repeatable: boolean;
      },
      work: (attempt: number) => Promise<T>,
    ) => Promise<T>;
    const repeat: Repeat = async (call, work) => {
      for (let tried = 1; ; tried++) {
        try {
          return await work(tried);
        } catch (error) {
          await waitAfter(error, { ...call, tried });
        }
      }
    };

    const read = async (path: string, call: ReadOptions): Promise<ObjectStream> => {
      const { offset = 0, length, signal } = call;
      const place = { operation: "read", path, signal, repeatable: true } as const;
      let stream = await repeat(place, (attempt) => inner.read(path, { ...call, attempt }));
      const { etag } = stream;
      let iterator = stream[Symbol.asyncIterator]();
      let delivered = 0;
      let tried = 0;
      let closed = false;
      return objectStream({
        etag,
        async pull() {
          for (;;) {
            try {
              const result = await iterator.next();
              if (result.done === true) return undefined;
              delivered += result.value.length;
              tried = 0;
              return result.value;
            } catch (error) {
              // Without a tag the rest might be that of another version.
              if (etag === undefined) throw error;
              tried += 1;
              await waitAfter(error, { ...place, tried });
              const before = tried;
              stream = await repeat(place, (attempt) =>
                inner.read(path, {
                  ...call,
                  attempt: before + attempt,
                  ifMatch: etag,
                  offset: offset + delivered,
                  ...(length === undefined ? {} : { length: length - delivered }),
                }),
              );
              iterator = stream[Symbol.asyncIterator]();
              if (!closed) continue;
              // The reader went while the rest was being opened: it is nobody's.
              await iterator.return?.();
              return undefined;
            }
          }
        },
        async close() {
          closed = true;
          await iterator.return?.();
        },
      });
    };

    return wrapStore(inner, {
      run: ({ operation, path, signal }, work) =>
        repeat({ operation, path, signal, repeatable: !NOT_REPEATABLE.has(operation) }, (attempt) =>
          work(signal, { attempt }),
        ),
      read,
      send({ operation, path, signal, body, size, repeatable }, work) {
        const call = bodyOptions({ size, signal });
        if (!isReopenable(body)) return work(body, call);
        return repeat({ operation, path, signal, repeatable }, (attempt) => work(body, { ...call, attempt }));
      },
      list: (prefix, call) =>
        listAgain(inner, {
          ...call,
          prefix,
          wait: (error, tried) =>
            waitAfter(error, {
              operation: "list",
              path: prefix,
              signal: call.signal,
              repeatable: true,
              tried,
            }),
        }),
    });
  };
}

function listAgain(
  inner: Store,
  options: ListOptions & {
    readonly prefix: string;
    readonly wait: (error: unknown, tried: number) => Promise<void>;
  },
): Listing {
  const { prefix, wait, ...call } = options;
  const sorted = inner.capabilities.listSorted && call.delimited !== true;
  let last: string | undefined;
  /** Where a list that broke goes on. Nothing is left out of one that did not: its order is only claimed. */
  let resumeAfter: Uint8Array | undefined;
  let tried = 1;
  const open = () =>
    passList(() => ({
      inner: inner.list(prefix, { ...call, attempt: tried }),
      keep(entry) {
        if (resumeAfter !== undefined && Buffer.compare(Buffer.from(entry.path), resumeAfter) <= 0)
          return false;
        last = entry.path;
        tried = 1;
        return true;
      },
    }));
  let list = open();
  return listing({
    take: () => list.take(),
    async pull() {
      for (;;) {
        try {
          const result = await list.next();
          return result.done === true ? undefined : result.value;
        } catch (error) {
          if (last !== undefined && !sorted) throw error;
          await wait(error, tried);
          resumeAfter = last === undefined ? undefined : Buffer.from(last);
          tried += 1;
          list = open();
        }
      }
    },
    async close() {
      await list.return();
    },
  });
}

function exhausted(error: JcsError): JcsError {
  return new JcsError(error.kind, error.message, {
    retry: "exhausted",
    where: error.where,
    cause: error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}
