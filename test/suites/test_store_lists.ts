import { describe, expect, test } from "vitest";
import type { ObjectMeta } from "../../core/store/store.ts";
import { listPaths, pattern, type StoreBench } from "./store_bench.ts";

/** Cases of list. `listEntries`: more objects than the service has on one page. */
export function testStoreLists(bench: () => StoreBench, options: { readonly listEntries: number }): void {
  describe("list", () => {
    test("yields everything below a directory, and nothing beside it", async () => {
      const { store, folder } = bench();
      const names = ["a/1", "a/2", "a/b/3", "a/b/c/4", "ab/5", "a.txt", "a-b/6"];
      for (const name of names) await store.write(folder + name, pattern(10));
      expect((await listPaths(store, folder)).sort()).toEqual(names.map((name) => folder + name).sort());
      const below = ["a/1", "a/2", "a/b/3", "a/b/c/4"].map((name) => folder + name);
      expect((await listPaths(store, `${folder}a`)).sort()).toEqual(below);
      expect((await listPaths(store, `${folder}a/`)).sort()).toEqual(below);
      expect(await listPaths(store, `${folder}a/b/c`)).toEqual([`${folder}a/b/c/4`]);
      expect(await listPaths(store, "")).toEqual(expect.arrayContaining(names.map((name) => folder + name)));
    });

    test("yields one level when delimited, each directory once", async () => {
      const { store, folder } = bench();
      for (const name of ["a/1", "a/b/3", "a/b/c/4", "ab/5", "a.txt", "z"]) {
        await store.write(folder + name, pattern(10));
      }
      const level: Record<string, string> = {};
      for await (const { path, kind } of store.list(folder, { delimited: true })) {
        expect(level[path]).toBeUndefined();
        level[path] = kind;
      }
      expect(level).toEqual({
        [`${folder}a`]: "directory",
        [`${folder}ab`]: "directory",
        [`${folder}a.txt`]: "file",
        [`${folder}z`]: "file",
      });
      expect((await listPaths(store, `${folder}a`, { delimited: true })).sort()).toEqual([
        `${folder}a/1`,
        `${folder}a/b`,
      ]);
    });

    test("is empty for what is not there, for an object, and for a part of a name", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}abc/d`, pattern(10));
      for (const prefix of ["x", "x/y", "ab", "abc/d", "abc/d/e"]) {
        expect(await listPaths(store, folder + prefix), prefix).toEqual([]);
        expect(await listPaths(store, folder + prefix, { delimited: true }), prefix).toEqual([]);
      }
    });

    test(`yields each of ${options.listEntries} objects once, sorted where declared`, async () => {
      const { store, folder } = bench();
      // Names whose UTF-8 order differs from that of UTF-16.
      const name = (index: number) => `${index % 7}${index % 3 === 0 ? "\uff5e" : "\u{10000}"}/${index}`;
      const expected = Array.from({ length: options.listEntries }, (_, index) => folder + name(index));
      const waiting = [...expected];
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
            await store.write(path, pattern(3));
          }
        }),
      );
      const found: ObjectMeta[] = [];
      for await (const entry of store.list(folder)) found.push(entry);
      const sorted = found.map((entry) => Buffer.from(entry.path)).sort(Buffer.compare);
      if (store.capabilities.listSorted) {
        expect(found.map((entry) => entry.path)).toEqual(sorted.map((path) => path.toString()));
      }
      expect(found.map((entry) => entry.path).sort()).toEqual(expected.sort());
      for (const { kind, size } of found) expect([kind, size ?? 3]).toEqual(["file", 3]);
      const level = await listPaths(store, folder, { delimited: true });
      expect(level.sort()).toEqual(
        [...new Set(expected.map((path) => path.slice(0, path.lastIndexOf("/"))))].sort(),
      );
    });

    test("can be ended at any time", async () => {
      const { store, folder } = bench();
      for (const name of ["a", "b", "c/d"]) await store.write(folder + name, pattern(1));
      for (let round = 0; round < 50; round++) {
        for await (const entry of store.list(folder)) {
          expect(entry.path.startsWith(folder)).toBe(true);
          break;
        }
      }
    });

    test("lets its consumer use the store, even remove what it yields", async () => {
      const { store, folder } = bench();
      for (let index = 0; index < 30; index++)
        await store.write(`${folder}${index % 3}/${index}`, pattern(1));
      for await (const { path } of store.list(folder)) await store.remove(path);
      expect(await listPaths(store, folder)).toEqual([]);
    });
  });
}
