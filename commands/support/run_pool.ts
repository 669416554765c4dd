/** Calls `work` for every item, at most `parallel` at a time, pulling an item only when there is a place for it: memory does not grow with
 *  their number.
 *
 *  Resolves when all are done, or, after `signal` was aborted, when those that had begun have ended. The first throw of `work` or of the
 *  items stops the pulling and is thrown when the others have ended. */
export async function runPool<T>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
  options: { readonly parallel: number; readonly signal?: AbortSignal },
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let stopped = false;
  let failed = false;
  let failure: unknown;
  let turn: Promise<unknown> = Promise.resolve();

  /** One pull at a time: an iterator need not bear several. */
  function pull(): Promise<IteratorResult<T>> {
    const next = turn.then(async (): Promise<IteratorResult<T>> => {
      if (stopped || options.signal?.aborted) return { done: true, value: undefined };
      const result = await iterator.next();
      if (result.done) stopped = true;
      return result;
    });
    turn = next.catch(() => undefined);
    return next;
  }

  async function worker(): Promise<void> {
    try {
      for (let next = await pull(); !next.done; next = await pull()) await work(next.value);
    } catch (error) {
      if (!failed) failure = error;
      failed = true;
      stopped = true;
    }
  }

  await Promise.all(Array.from({ length: options.parallel }, worker));
  await iterator.return?.();
  if (failed) throw failure;
}
