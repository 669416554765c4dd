import { unlessAborted } from "../bytes/unless_aborted.ts";

const last = new Map<string, Promise<void>>();

/** Runs `work` when all that was asked for the same `place` before is over; `error()` when the signal is aborted before. */
export async function inTurn<T>(
  place: string,
  options: { readonly signal: AbortSignal | undefined; readonly error: () => Error },
  work: () => Promise<T>,
): Promise<T> {
  const before = last.get(place) ?? Promise.resolve();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const mine = before.then(() => over);
  last.set(place, mine);
  try {
    await unlessAborted(() => before, options);
    return await work();
  } finally {
    resolve();
    if (last.get(place) === mine) last.delete(place);
  }
}
