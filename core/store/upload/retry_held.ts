import { JcsError } from "../../errors.ts";
import { RETRY_DELAY_MS, RETRY_DELAY_MS_MAX } from "../../limits.ts";
import { pause } from "../layers/pause.ts";

/** Tries again, up to `attempts` in all, what failed with `retry: "later"`: for requests whose bytes only the caller still holds, so
 *  that no layer can make them again. `work` gets the number of the try, from 1. An error that was tried enough is `exhausted`. */
export async function retryHeld<T>(
  options: { readonly attempts: number; readonly signal: AbortSignal | undefined },
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof JcsError) || error.retry !== "later" || options.attempts === 1) throw error;
      if (attempt >= options.attempts) throw exhausted(error);
      const longestMs = Math.min(RETRY_DELAY_MS * 2 ** (attempt - 1), RETRY_DELAY_MS_MAX);
      const delayMs = Math.max(Math.random() * longestMs, error.retryAfterMs ?? 0);
      await pause(delayMs, { signal: options.signal, error: () => error });
    }
  }
}

function exhausted(error: JcsError): JcsError {
  const { kind, message, where, retryAfterMs } = error;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new JcsError(kind, message, { retry: "exhausted", where, cause: error, ...wait });
}
