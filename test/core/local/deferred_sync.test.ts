import { expect, test } from "vitest";
import { deferredSync } from "../../../core/local/deferred_sync.ts";

test("makes each directory durable once, at the end", async () => {
  const synced: string[] = [];
  const sync = deferredSync({ sync: async (directory) => void synced.push(directory) });
  for (let file = 0; file < 10; file++) await sync.sync(file % 2 === 0 ? "/a" : "/b");
  expect(synced).toEqual([]);
  await sync.settle();
  expect(synced.toSorted()).toEqual(["/a", "/b"]);
  await sync.settle();
  expect(synced).toHaveLength(2);
});

test("holds a bounded number of directories, the ones used last", async () => {
  const synced: string[] = [];
  const sync = deferredSync({ sync: async (directory) => void synced.push(directory) });
  await sync.sync("/often");
  for (let directory = 0; directory < 1000; directory++) {
    await sync.sync(`/${directory}`);
    await sync.sync("/often");
  }
  expect(synced.length).toBe(1001 - 256);
  expect(synced).not.toContain("/often");
  await sync.settle();
  expect(new Set(synced).size).toBe(1001);
});

test("a failure does not keep the others from the disk", async () => {
  const synced: string[] = [];
  const sync = deferredSync({
    async sync(directory) {
      if (directory === "/bad") throw new Error("the disk is gone");
      synced.push(directory);
    },
  });
  for (const directory of ["/bad", "/good"]) await sync.sync(directory);
  await sync.settle();
  expect(synced).toEqual(["/good"]);
});
