import { describe, expect, test } from "vitest";
import { listPaths, pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

/** Cases that differ between services with real directories and those without. */
export function testStoreDirectories(bench: () => StoreBench): void {
  describe("directories", () => {
    test("real ones are made, shown, and removed only when they are empty", async () => {
      const { store, folder } = bench();
      const { directories, readOnly = false, makeDirectory = directories && !readOnly } = store.capabilities;
      expect(store.makeDirectory !== undefined).toBe(makeDirectory);
      if (store.makeDirectory === undefined) return;
      await store.makeDirectory(`${folder}a/b`);
      await store.makeDirectory(`${folder}a/b`);
      expect(await store.stat(`${folder}a/b`)).toMatchObject({ path: `${folder}a/b`, kind: "directory" });
      expect(await listPaths(store, `${folder}a`, { delimited: true })).toEqual([`${folder}a/b`]);
      expect(await listPaths(store, folder)).toEqual([]);
      await store.write(`${folder}a/b/c`, pattern(10));
      await expect(store.remove(`${folder}a/b`)).rejects.toMatchObject({ kind: "ConditionFailed" });
      expect(await readAll(store, `${folder}a/b/c`)).toHaveLength(10);
      await store.remove(`${folder}a/b/c`);
      await store.remove(`${folder}a/b`);
      await expect(store.stat(`${folder}a/b`)).rejects.toMatchObject({ kind: "NotFound" });
      await store.write(`${folder}x`, pattern(10));
      await expect(store.makeDirectory(`${folder}x`)).rejects.toMatchObject({ kind: "AlreadyExists" });
    });

    test("real ones are no objects, and an object is no directory", async () => {
      const { store, folder } = bench();
      if (!store.capabilities.directories) return;
      await store.write(`${folder}a/b`, pattern(10));
      await expect(store.read(`${folder}a`)).rejects.toMatchObject({ kind: "NotFound" });
      await expect(store.write(`${folder}a`, pattern(5))).rejects.toMatchObject({ kind: "ConditionFailed" });
      await expect(store.write(`${folder}a/b/c`, pattern(5))).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
      await store.write(`${folder}c`, pattern(3));
      for (const operation of ["copy", "move"] as const) {
        if (store[operation] === undefined) continue;
        await expect(store[operation](`${folder}a`, `${folder}d`)).rejects.toMatchObject({
          kind: "NotFound",
        });
        await expect(store[operation](`${folder}c`, `${folder}a`)).rejects.toMatchObject({
          kind: "ConditionFailed",
        });
      }
      expect(sameBytes(await readAll(store, `${folder}a/b`), pattern(10))).toBe(true);
      expect((await listPaths(store, folder)).sort()).toEqual([`${folder}a/b`, `${folder}c`]);
    });

    test("where there are none, an object and a folder may have the same name", async () => {
      const { store, folder } = bench();
      if (store.capabilities.directories) return;
      await store.write(`${folder}a`, pattern(10, 1));
      await store.write(`${folder}a/b`, pattern(10, 2));
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 1))).toBe(true);
      expect((await listPaths(store, folder)).sort()).toEqual([`${folder}a`, `${folder}a/b`]);
      const kinds: string[] = [];
      for await (const { path, kind } of store.list(folder, { delimited: true }))
        kinds.push(`${kind} ${path}`);
      expect(kinds.sort()).toEqual([`directory ${folder}a`, `file ${folder}a`]);
      await store.remove(`${folder}a`);
      expect(await listPaths(store, folder)).toEqual([`${folder}a/b`]);
    });

    test("preparing twice is fine and shows no object", async () => {
      const { store, folder } = bench();
      if (store.prepare === undefined) return;
      const before = await listPaths(store, "");
      await store.prepare();
      await store.prepare();
      expect(await listPaths(store, "")).toEqual(before);
      await store.write(`${folder}a`, pattern(1));
    });
  });
}
