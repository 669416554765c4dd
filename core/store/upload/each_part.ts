/** Does `work` for the parts 1 to `count`, `concurrency` at the same time, and gives what they gave in the order of their numbers. The first
 *  failure ends the others through their signal, and is thrown when none of them runs any more. */
export async function eachPart<T>(
  parts: { readonly count: number; readonly concurrency: number; readonly signal: AbortSignal | undefined },
  work: (number: number, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const halt = new AbortController();
  const signal = parts.signal === undefined ? halt.signal : AbortSignal.any([parts.signal, halt.signal]);
  const results: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let next = 1;
  const workOn = async () => {
    while (next <= parts.count && failure === undefined) {
      const number = next++;
      results[number - 1] = await work(number, signal);
    }
  };
  const workers = Array.from({ length: Math.min(parts.concurrency, parts.count) }, () =>
    workOn().catch((error: unknown) => {
      failure ??= { error };
      halt.abort(error);
    }),
  );
  await Promise.all(workers);
  if (failure !== undefined) throw failure.error;
  return results;
}
