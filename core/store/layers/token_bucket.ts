import { pause } from "./pause.ts";
import { createPlaces } from "./places.ts";

/** How long a bucket may save up what is not used. */
const BURST_SECONDS = 0.25;

/** The rate may change while somebody waits: it is asked again so often. */
const RATE_CHECK_MS = 1000;

/** Lets a number of units through per second, in the order of the callers. */
export interface TokenBucket {
  /** Waits until `amount` units may pass, or throws `error()` when the signal is aborted first. An amount larger than the bucket passes as
   *  soon as it is full, and those behind it wait the longer. */
  take(
    amount: number,
    options: { readonly signal: AbortSignal | undefined; readonly error: () => Error },
  ): Promise<void>;
}

/** A bucket (Turner, "New Directions in Communications", 1986) whose rate is asked each time; `Infinity` lets everything through. `now` gives
 *  milliseconds of a clock that never goes back. */
export function tokenBucket(rate: () => number, now: () => number = () => performance.now()): TokenBucket {
  const turn = createPlaces(1);
  let tokens = 0;
  let filledAtMs: number | undefined;
  const fill = (perSecond: number) => {
    const atMs = now();
    const seconds = filledAtMs === undefined ? BURST_SECONDS : (atMs - filledAtMs) / 1000;
    filledAtMs = atMs;
    tokens = Math.min(tokens + seconds * perSecond, Math.max(perSecond * BURST_SECONDS, 1));
  };
  return {
    async take(amount, options) {
      if (options.signal?.aborted === true) throw options.error();
      if (rate() === Number.POSITIVE_INFINITY) return;
      const leave = await turn.enter(options);
      try {
        for (;;) {
          const perSecond = rate();
          if (perSecond === Number.POSITIVE_INFINITY) {
            tokens = 0;
            return;
          }
          fill(perSecond);
          const full = Math.max(perSecond * BURST_SECONDS, 1);
          const missing = Math.min(amount, full) - tokens;
          if (missing <= 0) break;
          await pause(Math.min(Math.max((missing / perSecond) * 1000, 1), RATE_CHECK_MS), options);
        }
        tokens -= amount;
      } finally {
        leave();
      }
    },
  };
}
