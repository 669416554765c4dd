/** So many calls go to the thread pool before another one is tried here. */
const SLOW_CALLS = 64;

/** Makes a call of the system: `here`, in this thread, or `pooled`, in another one. Throws what the call throws. */
export type QuickCalls = <T>(here: () => T, pooled: () => Promise<T>) => Promise<T>;

/** Decides for calls to one disk where they are made.
 *
 *  Most of them only change the memory of the system, and to have another thread do that costs several times as much: the way there and back, and bytes that have left the
 *  processor's cache. So as long as the disk answers at once they are made in this thread. One that takes longer than `quickMs` keeps those after it away from this
 *  thread for a while, and so does one that took longer than `hangingMs` in another thread; the first call, which may find such a one, is made there. `now`: milliseconds of a clock that never goes back. */
export function quickCalls(
  options: { readonly quickMs?: number; readonly hangingMs?: number; readonly now?: () => number } = {},
): QuickCalls {
  const { quickMs = 5, hangingMs = 50, now = () => performance.now() } = options;
  /** Calls for the pool before the next one here. */
  let forPool = 1;
  return async (here, pooled) => {
    const isHere = forPool === 0;
    const startedMs = now();
    try {
      return isHere ? here() : await pooled();
    } finally {
      if (now() - startedMs > (isHere ? quickMs : hangingMs)) forPool = SLOW_CALLS;
      else if (forPool > 0) forPool -= 1;
    }
  };
}
