import type { ObjectMeta, StoreInfo } from "./store.ts";
import { throwIfCancelled } from "./store_error.ts";

/** A list on its way from a service through the layers. Besides being iterated, it gives entries that are at hand without a promise: one for every entry in every
 *  layer would cost more than all that is done with them. */
export interface Listing extends AsyncIterableIterator<ObjectMeta> {
  /** The next entry where it is at hand; `undefined` where `next` has to be asked, which gives it or tells the end. Not while a `next` is under way. */
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

/** Entries that a service gives together where they come one by one. */
export const LIST_BATCH_ENTRIES = 100;

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Makes a {@link Listing}. After its end, a failure or `return` it is empty, as a generator is. */
export function listing(source: ListingSource): Listing {
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await source.close();
  };
  const pull = async (): Promise<IteratorResult<ObjectMeta, undefined>> => {
    if (isOver) return END;
    let entry: ObjectMeta | undefined;
    try {
      entry = await source.pull();
    } catch (error) {
      await end().catch(() => {});
      throw error;
    }
    if (entry !== undefined) return { done: false, value: entry };
    await end();
    return END;
  };
  const made: Listing = {
    [Symbol.asyncIterator]: () => made,
    take: () => (isOver ? undefined : source.take()),
    next() {
      const entry = made.take();
      return entry === undefined ? pull() : Promise.resolve({ done: false, value: entry });
    },
    async return() {
      await end();
      return END;
    },
  };
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

/** Any list as a {@link Listing}. */
export function listingOf(list: AsyncIterable<ObjectMeta>): Listing {
  const iterator = list[Symbol.asyncIterator]();
  if ("take" in iterator) return iterator as Listing;
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
