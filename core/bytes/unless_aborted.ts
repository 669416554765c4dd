/** What `start` gives, or `error()` as soon as the signal is aborted; then the work goes on unobserved.
 *
 *  Unlike `Promise.race` with a promise that lasts, nothing of what came is kept: it may be called for every chunk of a stream. */
export async function unlessAborted<T>(
  start: () => Promise<T>,
  options: { readonly signal: AbortSignal | undefined; readonly error: () => Error },
): Promise<T> {
  const { signal, error } = options;
  if (signal === undefined) return await start();
  if (signal.aborted) throw error();
  const work = start();
  let stop: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = () => reject(error());
      signal.addEventListener("abort", stop, { once: true });
      work.then(resolve, reject);
    });
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
