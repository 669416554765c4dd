import { ATTEMPTS_MAX } from "../../limits.ts";
import type { PartSource } from "./part_source.ts";
import { retryHeld } from "./retry_held.ts";

/** Sends the parts of a body, a bounded number at the same time, each tried again as long as it is worth it ({@link retryHeld}).
 *
 *  `first` are parts that were taken from `source` already. Resolves to what `send` gave for each, in the order of their numbers (from 1). When one
 *  fails, or the source does, the others are ended by `halt` and waited for, and the first failure is thrown.
 *  Memory: `concurrency` + 1 parts. */
export async function sendParts<T>(
  source: PartSource,
  options: {
    readonly first: readonly Uint8Array[];
    readonly partBytes: (number: number) => number;
    readonly concurrency: number;
    readonly signal: AbortSignal;
    readonly halt: AbortController;
    readonly send: (number: number, bytes: Uint8Array) => Promise<T>;
  },
): Promise<T[]> {
  const { first, partBytes, concurrency, signal, halt } = options;
  const results: T[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    halt.abort(error);
  };
  const start = (number: number, bytes: Uint8Array) => {
    const work = retryHeld({ attempts: ATTEMPTS_MAX, signal }, () => options.send(number, bytes))
      .then((result) => {
        results[number - 1] = result;
        source.recycle(bytes);
      })
      .catch(fail)
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  try {
    for (let number = 1; failure === undefined; number++) {
      const part = first[number - 1] ?? (await source.next(partBytes(number)));
      if (part === undefined) break;
      start(number, part);
      while (underWay.size >= concurrency) await Promise.race(underWay);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
  return results;
}
