import type { Json } from "./json.ts";

interface Waiter {
  readonly consumer: object;
  resolve(value: Json): void;
  reject(error: unknown): void;
}

/** One value on its way from the op that makes it to every op that waits for it. Each consumer gets a copy. */
export class ValueCell {
  #state: "empty" | "full" | "failed" = "empty";
  #value: Json = null;
  #error: unknown;
  #waiters: Waiter[] = [];

  get full(): boolean {
    return this.#state === "full";
  }

  /** The value, once it is there. `consumer` is who asks, for {@link forget}. */
  take(consumer: object): Promise<Json> {
    if (this.#state === "full") return Promise.resolve(cloneJson(this.#value));
    if (this.#state === "failed") return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#waiters.push({ consumer, resolve, reject }));
  }

  /** Delivers the value. Throws when there is one already; does nothing after {@link fail}. */
  put(value: Json): void {
    if (this.#state === "full") throw new Error("Cannot put a value twice");
    if (this.#state === "failed") return;
    this.#state = "full";
    this.#value = cloneJson(value);
    for (const waiter of this.#waiters) waiter.resolve(cloneJson(value));
    this.#waiters = [];
  }

  /** Ends all waiting, now and later, with `error`. Does nothing when the value is there. */
  fail(error: unknown): void {
    if (this.#state !== "empty") return;
    this.#state = "failed";
    this.#error = error;
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters = [];
  }

  /** Ends the waiting of `consumer` with `error`. */
  forget(consumer: object, error: unknown): void {
    if (this.#waiters.length === 0) return;
    const leaving = this.#waiters.filter((waiter) => waiter.consumer === consumer);
    this.#waiters = this.#waiters.filter((waiter) => waiter.consumer !== consumer);
    for (const waiter of leaving) waiter.reject(error);
  }
}

function cloneJson(value: Json): Json {
  return value === null || typeof value !== "object" ? value : structuredClone(value);
}
