import { JcsError } from "../errors.ts";
import type { ObjectMeta, StoreInfo } from "./store.ts";
import { throwIfCancelled } from "./store_error.ts";

/** A list on its way from a service through the layers. Besides being iterated, it gives entries that are at hand without a promise: one for every entry in every
 *  layer would cost more than all that is done with them. */
export interface Listing extends AsyncIterableIterator<ObjectMeta> {
  /** The next entry where it is at hand; `undefined` where `next` has to be asked, which gives it or tells the end. */
  take(): ObjectMeta | undefined;
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** Where the entries of a {@link Listing} come from. */
export interface ListingSource {
  /** As {@link Listing.take}. */
  take(): ObjectMeta | undefined;
  /** Waits for the next entry; `undefined` after the last. */
  pull(): Promise<ObjectMeta | undefined>;
  /** Called once: after the last entry, after a failure, or when nobody wants more. */
  close(): Promise<void>;
}

/** Most entries that wait for others. */
const BATCH_ENTRIES_MAX = 100;
/** Longest that one waits while others come. */
const BATCH_AGE_MS_MAX = 50;

const listings = new WeakSet<object>();
const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Makes a {@link Listing}. As with a generator, it is empty after its end, a failure or `return`, and what is asked of it while a `next` is under way waits for that. */
export function listing(source: ListingSource): Listing {
  let isOver = false;
  /** The pull that is under way. */
  let pulling: Promise<unknown> | undefined;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await source.close();
  };
  const pull = async (): Promise<IteratorResult<ObjectMeta, undefined>> => {
    let entry: ObjectMeta | undefined;
    try {
      entry = await source.pull();
    } catch (error) {
      await end().catch(() => {});
      throw error;
    } finally {
      pulling = undefined;
    }
    if (entry !== undefined) return { done: false, value: entry };
    await end();
    return END;
  };
  const next = (): Promise<IteratorResult<ObjectMeta, undefined>> => {
    if (pulling !== undefined) return pulling.then(next, next);
    if (isOver) return Promise.resolve(END);
    const entry = source.take();
    if (entry !== undefined) return Promise.resolve({ done: false, value: entry });
    const pulled = pull();
    pulling = pulled;
    return pulled;
  };
  const made: Listing = {
    [Symbol.asyncIterator]: () => made,
    take: () => (isOver || pulling !== undefined ? undefined : source.take()),
    next,
    async return() {
      await pulling?.catch(() => {});
      await end();
      return END;
    },
  };
  listings.add(made);
  return made;
}

/** Makes a list below `path` of entries that come several at a time. Once `signal` is aborted it fails with `Cancelled`, also where entries are left of a batch. */
export function batchedListing(
  batches: AsyncIterable<readonly ObjectMeta[]>,
  call: { readonly info: StoreInfo; readonly path: string; readonly signal?: AbortSignal | undefined },
): Listing {
  const { info, path, signal } = call;
  const iterator = batches[Symbol.asyncIterator]();
  let batch: readonly ObjectMeta[] = [];
  let taken = 0;
  const take = () => (signal?.aborted === true ? undefined : batch[taken++]);
  return listing({
    take,
    async pull() {
      for (;;) {
        throwIfCancelled(info, { operation: "list", path, signal });
        const result = await iterator.next();
        if (result.done === true) return undefined;
        batch = result.value;
        taken = 0;
        const first = take();
        if (first !== undefined) return first;
      }
    },
    async close() {
      batch = [];
      await iterator.return?.();
    },
  });
}

/** Entries of a service that come one by one, on their way to {@link batchedListing}. What waits is given before anything else is waited for that may take long. */
export interface Batch {
  add(entry: ObjectMeta): void;
  /** Whether those that wait should be given now. */
  isDue(): boolean;
  /** Those that wait, which are the caller's then. */
  take(): readonly ObjectMeta[];
  /** Those that are to be given before `error` ends the list: none where a list that has given nothing can be begun anew. */
  takeBefore(error: unknown): readonly ObjectMeta[];
}

/** An empty batch. */
export function createBatch(): Batch {
  let entries: ObjectMeta[] = [];
  let startedMs = 0;
  let isFirst = true;
  const take = () => {
    const taken = entries;
    if (taken.length > 0) isFirst = false;
    entries = [];
    return taken;
  };
  return {
    add(entry) {
      if (entries.length === 0) startedMs = performance.now();
      entries.push(entry);
    },
    isDue: () =>
      entries.length >= BATCH_ENTRIES_MAX ||
      (entries.length > 0 && performance.now() - startedMs > BATCH_AGE_MS_MAX),
    take,
    takeBefore: (error) => (isFirst && error instanceof JcsError && error.retry === "later" ? [] : take()),
  };
}

/** Any list as a {@link Listing}. */
export function listingOf(list: AsyncIterable<ObjectMeta>): Listing {
  const iterator = list[Symbol.asyncIterator]();
  if (listings.has(iterator)) return iterator as Listing;
  return listing({
    take: () => undefined,
    async pull() {
      const result = await iterator.next();
      return result.done === true ? undefined : result.value;
    },
    async close() {
      await iterator.return?.();
    },
  });
}

/** What somebody on the way does with a list that passes. */
export interface ListPass {
  /** The list as it comes; a promise where it takes time to begin one. */
  readonly inner: AsyncIterable<ObjectMeta> | Promise<AsyncIterable<ObjectMeta>>;
  /** Waits for an entry that is not at hand, by calling `next` once; that alone unless given. `isFirst`: nothing was waited for before. */
  readonly wait?: (
    next: () => Promise<ObjectMeta | undefined>,
    isFirst: boolean,
  ) => Promise<ObjectMeta | undefined>;
  /** Whether an entry goes on; all do unless given. */
  readonly keep?: (entry: ObjectMeta) => boolean;
  /** Ends the list, by calling `end`, which ends the inner one; that alone unless given. */
  readonly close?: (end: () => Promise<void>) => Promise<void>;
}

/** The list that `begin` names, with what it says done to it. `begin` is called when the first entry is asked for; a list that nobody asks for anything has not begun. */
export function passList(begin: () => ListPass): Listing {
  let pass: ListPass | undefined;
  let inner: Listing | undefined;
  let isFirst = true;
  const isKept = (entry: ObjectMeta) => pass?.keep === undefined || pass.keep(entry);
  const take = () => {
    if (inner === undefined) return undefined;
    for (let entry = inner.take(); entry !== undefined; entry = inner.take()) {
      if (isKept(entry)) return entry;
    }
    return undefined;
  };
  const next = async () => {
    inner ??= listingOf(await pass!.inner);
    const result = await inner.next();
    return result.done === true ? undefined : result.value;
  };
  return listing({
    take,
    async pull() {
      pass ??= begin();
      for (;;) {
        const entry = await (pass.wait === undefined ? next() : pass.wait(next, isFirst));
        isFirst = false;
        if (entry === undefined || isKept(entry)) return entry;
        const more = take();
        if (more !== undefined) return more;
      }
    },
    async close() {
      if (pass === undefined) return;
      const end = async () => {
        await inner?.return();
      };
      await (pass.close === undefined ? end() : pass.close(end));
    },
  });
}
