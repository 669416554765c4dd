import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { ATTEMPTS_MAX, RETRY_DELAY_MS } from "../limits.ts";
import { pause } from "../store/layers/pause.ts";

/** Options of {@link repeatTransfer}. */
export interface RepeatOptions {
  readonly signal?: AbortSignal | undefined;
  /** Only one try: what was done before may be in the way (`ifAbsent`), or the source cannot be read again. */
  readonly once?: boolean;
  /** Told of the bytes that pass, those that pass again left out. */
  readonly onBytes?: ((count: number) => void) | undefined;
  /** The first wait; {@link RETRY_DELAY_MS} unless given. */
  readonly delayMs?: number;
}

/** Does a whole transfer, and does it again, up to {@link ATTEMPTS_MAX} times in all, when it failed with `retry: "later"`: for one whose source
 *  can be read anew, which no layer of a store can do for a stream. `work` gets what counts the bytes of a stream.
 *
 *  Nothing is done again after `ConditionFailed`: the source changed. Waits as the retry layer does, with full jitter. */
export async function repeatTransfer<T>(
  work: (counted: (stream: ByteStream) => ByteStream) => Promise<T>,
  options: RepeatOptions = {},
): Promise<T> {
  const { signal, once = false, onBytes, delayMs = RETRY_DELAY_MS } = options;
  let shown = 0;
  async function* counted(stream: ByteStream): ByteStream {
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > shown) onBytes?.(bytes - shown);
      shown = Math.max(bytes, shown);
      yield chunk;
    }
  }
  for (let tried = 1; ; tried++) {
    try {
      return await work(counted);
    } catch (error) {
      const worthwhile =
        error instanceof JcsError && error.retry === "later" && error.kind !== "ConditionFailed";
      if (!worthwhile || once || tried === ATTEMPTS_MAX || signal?.aborted) throw error;
      const waitMs = Math.max(Math.random() * delayMs * 2 ** (tried - 1), error.retryAfterMs ?? 0);
      await pause(waitMs, {
        signal,
        error: () => new JcsError("Cancelled", "Stopped: interrupted", { cause: error }),
      });
    }
  }
}
