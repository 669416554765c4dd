import { graceSignal } from "../grace_signal.ts";
import { type AsideFiles, replaceAside, settleAside } from "./replace_aside.ts";

const TIDY_TIMEOUT_MS = 15_000;

/** As {@link replaceAside}, also when the caller cancels: what has begun is finished in the grace that cancelled calls have. `filesOf` makes its requests with the
 *  signal that it is given.
 *
 *  On failure, of which no answer may tell how far it has come, the server is looked at: the old object gets its place back where there is nothing, and nothing stays
 *  aside where there is something. Only `source` is left, if it is there yet. Throws what has failed first. Where the server does not answer any more, an object that
 *  is aside waits for the next look at its name. */
export async function replaceInGrace(
  filesOf: (signal: AbortSignal) => AsideFiles,
  {
    source,
    target,
    signal,
  }: { readonly source: string; readonly target: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const grace = graceSignal(signal);
  try {
    await replaceAside(filesOf(grace.signal), { source, target });
  } catch (error) {
    await settleAside(filesOf(AbortSignal.timeout(TIDY_TIMEOUT_MS)), target).catch(() => {});
    throw error;
  } finally {
    grace.end();
  }
}
