import { expect, onTestFinished, test, vi } from "vitest";
import { JcsError } from "../../../core/errors.ts";
import {
  batchedListing as batchedListingOf,
  createBatch,
  type Listing,
  listing,
  listingOf,
  passList,
} from "../../../core/store/listing.ts";
import type { ObjectMeta } from "../../../core/store/store.ts";

const info = { name: "test", service: "test", connection: "test:", workDirectory: "" };

const batchedListing = (given: AsyncIterable<readonly ObjectMeta[]>, signal?: AbortSignal) =>
  batchedListingOf(given, { info, path: "p", signal });

const entry = (path: string): ObjectMeta => ({ path, kind: "file" });

async function pathsOf(list: AsyncIterable<ObjectMeta>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of list) paths.push(path);
  return paths;
}

/** Batches of entries; `events` tells what was asked for, and the end. */
async function* batches(given: readonly string[], events: string[] = []): AsyncGenerator<ObjectMeta[]> {
  try {
    for (const batch of given) {
      events.push(batch);
      yield Array.from(batch, entry);
    }
  } finally {
    events.push("closed");
  }
}

/** Everything that can be taken without waiting. */
function takeAll(list: Listing): string {
  let paths = "";
  for (let taken = list.take(); taken !== undefined; taken = list.take()) paths += taken.path;
  return paths;
}

test("batches come one entry at a time, in order; empty ones are passed over", async () => {
  expect(await pathsOf(batchedListing(batches(["", "ab", "", "c", ""])))).toEqual(["a", "b", "c"]);
  expect(await pathsOf(batchedListing(batches([])))).toEqual([]);
});

test("what is at hand can be taken; the next batch only by waiting", async () => {
  const events: string[] = [];
  const list = batchedListing(batches(["abc", "de"], events));
  expect(list.take()).toBeUndefined();
  expect((await list.next()).value?.path).toBe("a");
  expect(takeAll(list)).toBe("bc");
  expect(events).toEqual(["abc"]);
  expect((await list.next()).value?.path).toBe("d");
  expect(takeAll(list)).toBe("e");
  expect((await list.next()).done).toBe(true);
  expect(events).toEqual(["abc", "de", "closed"]);
});

test("nobody gets more after a return, which closes once, or from a list that has not begun", async () => {
  const events: string[] = [];
  const list = batchedListing(batches(["abc"], events));
  await list.next();
  await list.return();
  await list.return();
  expect(list.take()).toBeUndefined();
  expect(await list.next()).toEqual({ done: true, value: undefined });
  expect(events).toEqual(["abc", "closed"]);
  let begun = false;
  const unused = passList(() => {
    begun = true;
    return { inner: batches([]) as never };
  });
  await unused.return();
  expect(await unused.next()).toEqual({ done: true, value: undefined });
  expect(begun).toBe(false);
});

test("a cancelled list fails, whatever is left of a batch", async () => {
  const controller = new AbortController();
  const events: string[] = [];
  const list = batchedListing(batches(["abc", "d"], events), controller.signal);
  await list.next();
  controller.abort();
  expect(list.take()).toBeUndefined();
  await expect(list.next()).rejects.toMatchObject({ kind: "Cancelled" });
  expect(events).toEqual(["abc", "closed"]);
});

test("a failure closes the source, is told once, and the list is empty then", async () => {
  const closed: string[] = [];
  const list = listing({
    take: () => undefined,
    pull: () => Promise.reject(new Error("broken")),
    async close() {
      closed.push("closed");
      throw new Error("cannot close");
    },
  });
  await expect(list.next()).rejects.toThrow("broken");
  expect(await list.next()).toEqual({ done: true, value: undefined });
  expect(closed).toEqual(["closed"]);
});

test("what is asked while a next is under way waits for it, in order", async () => {
  const list = batchedListing(batches(["ab", "", "c", "d"]));
  const results = await Promise.all(Array.from({ length: 5 }, () => list.next()));
  expect(results.map(({ value }) => value?.path)).toEqual(["a", "b", "c", "d", undefined]);
  const pass = passList(() => ({
    inner: batchedListing(batches(["ab", "c"])),
    keep: ({ path }) => path !== "a",
  }));
  const passed = await Promise.all([pass.next(), pass.next(), pass.next()]);
  expect(passed.map(({ value }) => value?.path)).toEqual(["b", "c", undefined]);
});

test("a return while a next is under way closes what that has begun", async () => {
  const events: string[] = [];
  const begun = Promise.withResolvers<AsyncIterable<ObjectMeta>>();
  const list = passList(() => ({
    inner: begun.promise,
    async close(end) {
      await end();
      events.push("ended");
    },
  }));
  const first = list.next();
  const returned = list.return();
  expect(list.take()).toBeUndefined();
  begun.resolve(batchedListing(batches(["ab"], events)));
  expect((await first).value?.path).toBe("a");
  await returned;
  expect(events).toEqual(["ab", "closed", "ended"]);
  expect(await list.next()).toEqual({ done: true, value: undefined });
});

test("a batch is given when it is long or old, and before a failure unless all can be begun anew", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const batch = createBatch();
  expect(batch.isDue()).toBe(false);
  batch.add(entry("a"));
  expect(batch.isDue()).toBe(false);
  vi.advanceTimersByTime(51);
  expect(batch.isDue()).toBe(true);
  const later = new JcsError("Unreachable", "gone", { retry: "later" });
  expect(batch.takeBefore(later)).toEqual([]);
  expect(batch.take()).toEqual([entry("a")]);
  expect(batch.isDue()).toBe(false);
  for (let index = 0; index < 99; index++) batch.add(entry("b"));
  expect(batch.isDue()).toBe(false);
  batch.add(entry("b"));
  expect(batch.isDue()).toBe(true);
  expect(batch.takeBefore(later)).toHaveLength(100);
  const fresh = createBatch();
  fresh.add(entry("c"));
  expect(fresh.takeBefore(new Error("no permission"))).toEqual([entry("c")]);
});

test("any list is one, and one that is one stays the same", async () => {
  async function* plain() {
    yield entry("a");
    yield entry("b");
  }
  const list = listingOf(plain());
  expect(list.take()).toBeUndefined();
  expect(await pathsOf(list)).toEqual(["a", "b"]);
  // Iterators may come to have a method of that name.
  const other = Object.assign(plain(), { take: () => entry("wrong") });
  expect(await pathsOf(listingOf(other))).toEqual(["a", "b"]);
  const batched = batchedListing(batches(["a"]));
  expect(listingOf(batched)).toBe(batched);
});

test("a pass leaves out entries, wherever they stand in their batch, and only waits for what is not at hand", async () => {
  const waits: boolean[] = [];
  const pass = () =>
    passList(() => ({
      inner: Promise.resolve(batchedListing(batches(["xaxbx", "xx", "c"]))),
      keep: ({ path }) => path !== "x",
      async wait(next, isFirst) {
        waits.push(isFirst);
        return await next();
      },
    }));
  expect(await pathsOf(pass())).toEqual(["a", "b", "c"]);
  // The two batches after the first, and the end; "x" at the start of one is left out without another wait for "a".
  expect(waits[0]).toBe(true);
  expect(waits.slice(1).every((isFirst) => !isFirst)).toBe(true);
  const list = pass();
  expect((await list.next()).value?.path).toBe("a");
  expect(takeAll(list)).toBe("b");
});

test("passes one around the other take from a batch without a promise, and close from the outside in", async () => {
  const events: string[] = [];
  const around = (name: string, inner: AsyncIterable<ObjectMeta>) =>
    passList(() => {
      events.push(`${name} begins`);
      return {
        inner,
        async close(end) {
          events.push(`${name} ends`);
          await end();
        },
      };
    });
  const list = around("outer", around("inner", batchedListing(batches(["abc", "d"], events))));
  expect(events).toEqual([]);
  await list.next();
  expect(takeAll(list)).toBe("bc");
  await list.return();
  expect(events).toEqual(["outer begins", "inner begins", "abc", "outer ends", "inner ends", "closed"]);
});

test("a list that cannot be begun fails when it is asked, not before", async () => {
  const list = passList(() => {
    throw new Error("no such prefix");
  });
  await expect(list.next()).rejects.toThrow("no such prefix");
  const late = passList(() => ({ inner: Promise.reject(new Error("no such space")) }));
  await expect(late.next()).rejects.toThrow("no such space");
});
