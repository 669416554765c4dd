import { afterEach, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../../../core/catalog/catalog.ts";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { createSpaceRegistry } from "../../../core/objects/space_registry.ts";
import { openStore } from "../../../core/store/open_store.ts";
import type { Store } from "../../../core/store/store.ts";

let catalog: Catalog;
let closed: number;
let opens: number;
beforeEach(async () => {
  catalog = await openSqliteCatalog({ file: ":memory:" });
  await catalog.spaces.add({ name: "s", connection: "memory://registry", createdAt: new Date() });
  closed = 0;
  opens = 0;
});
afterEach(() => catalog.close());

async function memoryStore(): Promise<Store> {
  const store = await openStore("memory://registry", { environment: {} });
  return {
    ...store,
    async close() {
      closed++;
      await store.close();
    },
  };
}

function registry(open: () => Promise<Store>, openMs = 10_000) {
  const openCounted = () => {
    opens++;
    return open();
  };
  return createSpaceRegistry({ catalog, temporary: [], now: Date.now, openStore: openCounted, openMs });
}

test("opens a store once, and closes it", async () => {
  const spaces = registry(memoryStore);
  const [first, second] = await Promise.all([spaces.open("s"), spaces.open("s")]);
  expect(second).toBe(first);
  expect(await spaces.open("s")).toBe(first);
  expect(opens).toBe(1);
  await spaces.close();
  expect(closed).toBe(1);
});

test("tries again after a failure", async () => {
  const spaces = registry(() => (opens === 1 ? Promise.reject(new Error("not yet")) : memoryStore()));
  await expect(spaces.open("s")).rejects.toThrow("not yet");
  await spaces.open("s");
  await spaces.close();
});

test("waits neither to use nor to close a store that hangs while it is opened", async () => {
  const hanging = Promise.withResolvers<Store>();
  const spaces = registry(() => hanging.promise, 20);
  const expected = { kind: "TimedOut", message: expect.stringContaining('Cannot open space "s": no answer') };
  await expect(spaces.open("s")).rejects.toMatchObject(expected);
  // Nor does each try hang anew.
  await expect(spaces.open("s")).rejects.toMatchObject(expected);
  expect(opens).toBe(1);
  await spaces.forget("s");
  await spaces.close();
  hanging.resolve(await memoryStore());
  await hanging.promise;
  await Promise.resolve();
  expect(closed).toBe(1);
});

test("uses a store that opened late", async () => {
  const hanging = Promise.withResolvers<Store>();
  const spaces = registry(() => hanging.promise, 20);
  await expect(spaces.open("s")).rejects.toMatchObject({ kind: "TimedOut" });
  const store = await memoryStore();
  hanging.resolve(store);
  expect(await spaces.open("s")).toBe(store);
  await spaces.close();
  expect(closed).toBe(1);
});
