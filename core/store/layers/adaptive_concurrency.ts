import type { ByteStream } from "../../bytes/byte_stream.ts";
import { isKind, JcsError } from "../../errors.ts";
import { ADAPTIVE_WAIT_MS_MAX } from "../../limits.ts";
import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { storeError } from "../store_error.ts";
import { bodyOptions, type Operation, wrapStore } from "./wrap_store.ts";

/** How the limit is found. */
export interface AdaptiveOptions {
  /** Most operations at the same time, where the limit begins; 0 for no bound. */
  readonly concurrency: number;
  /** How quick its answers are when it is not loaded, as far as that is known before the first. */
  readonly quickestMs?: number;
  /** Milliseconds of a clock that never goes back; `performance.now` unless given. */
  readonly now?: () => number;
  /** Longest that a call is held back; {@link ADAPTIVE_WAIT_MS_MAX} unless given. */
  readonly waitMs?: number;
  /** Told each new limit. */
  readonly onLimit?: (limit: number) => void;
}

/** So many times slower than at its quickest a service is overloaded, when the wait is noticeable at all. */
const SLOW_FACTOR = 8;
const SLOW_MS = 200;
/** Share of the old limit that is left. */
const LEFT_AFTER_THROTTLED = 0.5;
const LEFT_AFTER_SLOW = 0.9;
/** Slowness alone does not bring the limit below this share of the bound: it may have other reasons. */
const SLOW_SHARE_MIN = 0.25;
/** How much each answer counts in the mean. */
const LATENCY_WEIGHT = 0.1;

/** Operations whose answer takes as long as the service, not as its bytes. */
const QUICK: ReadonlySet<Operation> = new Set(["stat", "read", "remove", "list", "multipart"]);

/** Finds out how many operations at the same time are good for a service: one more for each limit's worth of answers, half as many when it
 *  is throttled, a tenth less when its answers become slow (additive increase, multiplicative decrease: Chiu and Jain, 1989). What a
 *  service asks to wait (`Retry-After`) holds for all calls of the store.
 *
 *  It only holds calls back, and none longer than `waitMs`: a transfer that needs several streams at once gets them in the end. So it is no
 *  bound; that is {@link concurrencyLimit}. A read counts until its answer, a write until it is done. */
export function adaptiveConcurrency(options: AdaptiveOptions): Layer {
  const { now = () => performance.now(), waitMs = ADAPTIVE_WAIT_MS_MAX, onLimit } = options;
  const bound = options.concurrency === 0 ? Number.POSITIVE_INFINITY : options.concurrency;
  return (inner) => {
    let limit = bound;
    let running = 0;
    /** Answers to what began before this say nothing about the limit as it is now. */
    let changedAtMs = Number.NEGATIVE_INFINITY;
    let resumeAtMs = Number.NEGATIVE_INFINITY;
    let meanMs: number | undefined;
    let quickestMs = options.quickestMs ?? Number.POSITIVE_INFINITY;
    const waiting = new Set<() => void>();

    const setLimit = (next: number) => {
      if (next === limit) return;
      limit = next;
      onLimit?.(Math.floor(limit));
    };
    const wake = () => {
      for (const go of waiting) {
        if (running >= Math.floor(limit)) return;
        waiting.delete(go);
        running += 1;
        go();
      }
    };
    /** Waits for room; cannot fail, the wait is short and the operation itself looks at its signal. */
    const enter = async (signal: AbortSignal | undefined): Promise<void> => {
      const pauseMs = Math.min(resumeAtMs - now(), waitMs);
      if (pauseMs > 0) await delay(pauseMs, signal);
      if (running < Math.floor(limit)) {
        running += 1;
        return;
      }
      let go: () => void = () => {};
      const turn = new Promise<void>((resolve) => {
        go = resolve;
        waiting.add(go);
      });
      const over = new AbortController();
      const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
      await Promise.race([turn, delay(waitMs, either)]);
      over.abort();
      if (waiting.delete(go)) running += 1;
    };
    const learn = (operation: Operation, startedMs: number, failure: unknown) => {
      running -= 1;
      const atMs = now();
      const tookMs = atMs - startedMs;
      if (isKind(failure, "Throttled")) {
        resumeAtMs = Math.max(resumeAtMs, atMs + (failure.retryAfterMs ?? 0));
        if (startedMs >= changedAtMs) {
          changedAtMs = atMs;
          setLimit(Math.max(1, Math.min(limit, running + 1) * LEFT_AFTER_THROTTLED));
        }
      } else if (!(failure instanceof JcsError) || failure.retry === "never") {
        if (QUICK.has(operation)) {
          quickestMs = Math.min(quickestMs, tookMs);
          meanMs = meanMs === undefined ? tookMs : meanMs + LATENCY_WEIGHT * (tookMs - meanMs);
        }
        const slow = meanMs !== undefined && meanMs > Math.max(quickestMs * SLOW_FACTOR, SLOW_MS);
        if (slow && startedMs >= changedAtMs && limit !== Number.POSITIVE_INFINITY) {
          changedAtMs = atMs;
          const least = bound === Number.POSITIVE_INFINITY ? 1 : Math.max(1, bound * SLOW_SHARE_MIN);
          setLimit(Math.min(limit, Math.max(least, limit * LEFT_AFTER_SLOW)));
        } else if (!slow && limit < bound && running + 1 >= limit / 2) {
          setLimit(Math.min(bound, limit + 1 / limit));
        }
      }
      wake();
    };
    const within = async <T>(
      call: { readonly operation: Operation; readonly signal: AbortSignal | undefined },
      work: () => Promise<T>,
    ): Promise<T> => {
      await enter(call.signal);
      const startedMs = now();
      try {
        const result = await work();
        learn(call.operation, startedMs, undefined);
        return result;
      } catch (error) {
        learn(call.operation, startedMs, error);
        throw error;
      }
    };
    return wrapStore(inner, {
      run(call, work) {
        // To throw parts away must not wait.
        return call.operation === "abort" ? work(call.signal) : within(call, () => work(call.signal));
      },
      read: (path, call) => within({ operation: "read", signal: call.signal }, () => inner.read(path, call)),
      send: ({ operation, path, signal, body, size }, work) =>
        within({ operation, signal }, () => {
          if (signal?.aborted === true && !(body instanceof Uint8Array)) {
            letGo(body);
            throw storeError(inner.info, { kind: "Cancelled", operation, path, state: "cancelled" });
          }
          return work(body, bodyOptions({ size, signal }));
        }),
      list: (prefix, call) =>
        passList(() => ({
          inner: inner.list(prefix, call),
          wait: (next, isFirst) =>
            isFirst ? within({ operation: "list", signal: call.signal }, next) : next(),
        })),
    });
  };
}

/** Waits, or until the signal is aborted. */
async function delay(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener("abort", done, { once: true });
  });
}

function letGo(body: ByteStream): void {
  Promise.resolve(body[Symbol.asyncIterator]().return?.()).catch(() => {});
}
