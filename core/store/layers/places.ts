import { unlessAborted } from "../../bytes/unless_aborted.ts";

/** A fair counting semaphore. */
export interface Places {
  /** Waits for a place and gives the function that leaves it, or throws `error()` when the signal is aborted first. */
  enter(options: {
    readonly signal: AbortSignal | undefined;
    readonly error: () => Error;
  }): Promise<() => void>;
}

/** A {@link Places} with `count` places. */
export function createPlaces(count: number): Places {
  let free = count;
  const waiting = new Set<() => void>();
  const leave = () => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  return {
    async enter(options) {
      if (options.signal?.aborted === true) throw options.error();
      if (free > 0) {
        free -= 1;
        return leave;
      }
      let turn: () => void = () => {};
      const called = new Promise<void>((resolve) => {
        turn = resolve;
        waiting.add(turn);
      });
      try {
        await unlessAborted(() => called, options);
      } catch (error) {
        // The place may have been given in the very moment of the cancellation.
        if (!waiting.delete(turn)) leave();
        throw error;
      }
      return leave;
    },
  };
}
