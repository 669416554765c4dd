/** Where two sides that come in any order meet: one offers something under a name, the other takes it.
 *
 *  Nothing is copied or read ahead. Each name is offered once and taken once. */
export interface Mailbox<T> {
  /** Holds `thing` until it is taken. Resolves with whether it was; false when it is not wanted (the taker gave up, or the
   *  mailbox was closed without error). Rejects when the signal is aborted or the mailbox is closed with an error. */
  offer(name: string, thing: T, signal?: AbortSignal): Promise<boolean>;
  /** Waits for `name` to be offered. Rejects when the signal is aborted (a later offer then is not wanted), or when the
   *  mailbox is closed. */
  take(name: string, signal?: AbortSignal): Promise<T>;
  /** Ends all waiting, now and later. With an error, offers reject with it; without, they are not wanted. */
  close(failure?: { readonly error: unknown }): void;
}

interface Slot<T> {
  state: "empty" | "offered" | "wanted" | "over";
  thing?: T;
  offered?: PromiseWithResolvers<boolean>;
  taker?: PromiseWithResolvers<T>;
}

/** Makes an empty mailbox. */
export function createMailbox<T>(): Mailbox<T> {
  const slots = new Map<string, Slot<T>>();
  let closed: { readonly failure: { readonly error: unknown } | undefined } | undefined;

  function slotOf(name: string): Slot<T> {
    let slot = slots.get(name);
    if (slot === undefined) {
      slot = { state: "empty" };
      slots.set(name, slot);
    }
    return slot;
  }
  function closedError(name: string): unknown {
    return closed?.failure?.error ?? new Error(`Cannot take "${name}": the run has ended`);
  }

  return {
    async offer(name, thing, signal) {
      signal?.throwIfAborted();
      if (closed !== undefined) {
        if (closed.failure !== undefined) throw closed.failure.error;
        return false;
      }
      const slot = slotOf(name);
      if (slot.state === "over") return false;
      if (slot.state === "offered") throw new Error(`Cannot offer "${name}": it was offered already`);
      if (slot.state === "wanted") {
        slot.state = "over";
        slot.taker?.resolve(thing);
        return true;
      }
      slot.state = "offered";
      slot.thing = thing;
      slot.offered = Promise.withResolvers<boolean>();
      const { promise, reject } = slot.offered;
      return await unlessAborted(promise, signal, (reason) => {
        if (slot.state !== "offered") return;
        slot.state = "empty";
        reject(reason);
      });
    },
    async take(name, signal) {
      if (closed !== undefined) throw closedError(name);
      const slot = slotOf(name);
      if (signal?.aborted === true) {
        slot.state = "over";
        slot.offered?.resolve(false);
        throw signal.reason;
      }
      if (slot.state === "over" || slot.state === "wanted")
        throw new Error(`Cannot take "${name}": it was taken already`);
      if (slot.state === "offered") {
        slot.state = "over";
        slot.offered?.resolve(true);
        return slot.thing as T;
      }
      slot.state = "wanted";
      slot.taker = Promise.withResolvers<T>();
      const { promise, reject } = slot.taker;
      return await unlessAborted(promise, signal, (reason) => {
        if (slot.state !== "wanted") return;
        slot.state = "over";
        reject(reason);
      });
    },
    close(failure) {
      if (closed !== undefined) return;
      closed = { failure };
      for (const [name, slot] of slots) {
        if (slot.state === "wanted") slot.taker?.reject(closedError(name));
        if (slot.state !== "offered") continue;
        if (failure === undefined) slot.offered?.resolve(false);
        else slot.offered?.reject(failure.error);
      }
      slots.clear();
    },
  };
}

/** `promise`, calling `abort` when `signal` is aborted first. */
async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  abort: (reason: unknown) => void,
): Promise<T> {
  if (signal === undefined) return await promise;
  const listener = () => abort(signal.reason);
  signal.addEventListener("abort", listener);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
