/** Room for transfers on spaces. */
export interface SpacePermits {
  /** Waits for a place on each of `spaces`, as many as its name stands there, and returns the call that frees them. Rejects with the
   *  signal's reason when it is aborted first; no place is kept then. */
  take(spaces: readonly string[], signal?: AbortSignal): Promise<() => void>;
}

/** Makes permits: `placesOf` says how many transfers a space serves at the same time, 0 for any number.
 *
 *  A transfer holds a place on several spaces until it ends. Were places taken as the ops get to them, two transfers could each wait for what the
 *  other holds; taken here before anything starts, and in the order of the names, they cannot (Havender, "Avoiding Deadlock in
 *  Multitasking Systems", 1968). */
export function createSpacePermits(placesOf: (space: string) => Promise<number>): SpacePermits {
  const gates = new Map<string, Gate>();

  async function gateOf(space: string): Promise<Gate> {
    const known = gates.get(space);
    if (known) return known;
    const places = await placesOf(space);
    const gate = gates.get(space) ?? new Gate(places === 0 ? Number.POSITIVE_INFINITY : places);
    gates.set(space, gate);
    return gate;
  }

  return {
    async take(spaces, signal) {
      const held: (() => void)[] = [];
      const release = () => {
        for (const leave of held.splice(0)) leave();
      };
      try {
        const counts = Map.groupBy(spaces, (space) => space);
        for (const space of [...counts.keys()].toSorted()) {
          const gate = await gateOf(space);
          held.push(await gate.enter(counts.get(space)!.length, signal));
        }
        return release;
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** A number of places with a queue, first come, first served. */
class Gate {
  readonly #places: number;
  #free: number;
  #waiting: { readonly count: number; admit(): void }[] = [];

  constructor(places: number) {
    this.#places = places;
    this.#free = places;
  }

  /** Waits for `wanted` places at once, all there are when it wants more, and returns the call that frees them. */
  async enter(wanted: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const count = Math.min(wanted, this.#places);
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        count,
        admit: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason);
        this.#admit();
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiter);
      this.#admit();
    });
    return () => {
      this.#free += count;
      this.#admit();
    };
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first && first.count <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= first.count;
      first.admit();
    }
  }
}
