import { describe, expect, test } from "vitest";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

/** Cases of links. */
export function testStoreLinks(bench: () => StoreBench): void {
  describe("link", () => {
    test("leads to an object, from any directory, and says where", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      await store.write(`${folder}here/a`, pattern(100));
      for (const path of [`${folder}link`, `${folder}here/link`, `${folder}far/away/link`]) {
        await store.link(path, `${folder}here/a`);
        expect(await store.stat(path)).toMatchObject({ path, kind: "link", linkTarget: `${folder}here/a` });
        expect(sameBytes(await readAll(store, path), pattern(100)), path).toBe(true);
        expect(await kindOf(store, path)).toBe("link");
      }
    });

    test("may lead nowhere, and to what comes later", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      await store.link(`${folder}link`, `${folder}later/a`);
      expect(await store.stat(`${folder}link`)).toMatchObject({
        kind: "link",
        linkTarget: `${folder}later/a`,
      });
      await expect(store.read(`${folder}link`)).rejects.toMatchObject({ kind: "NotFound" });
      await store.write(`${folder}later/a`, pattern(10));
      expect(sameBytes(await readAll(store, `${folder}link`), pattern(10))).toBe(true);
    });

    test("replaces a link, and nothing else", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      await store.write(`${folder}a`, pattern(10, 1));
      await store.write(`${folder}b`, pattern(10, 2));
      await store.link(`${folder}link`, `${folder}a`);
      await store.link(`${folder}link`, `${folder}b`);
      expect(sameBytes(await readAll(store, `${folder}link`), pattern(10, 2))).toBe(true);
      await expect(store.link(`${folder}a`, `${folder}b`)).rejects.toMatchObject({ kind: "AlreadyExists" });
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 1))).toBe(true);
    });

    test("is removed, replaced and moved itself; a copy is of what it leads to", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      await store.write(`${folder}a`, pattern(10, 1));
      await store.link(`${folder}one`, `${folder}a`);
      await store.link(`${folder}two`, `${folder}a`);
      await store.remove(`${folder}one`);
      await store.write(`${folder}two`, pattern(20, 2));
      expect((await listPaths(store, folder)).sort()).toEqual([`${folder}a`, `${folder}two`]);
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 1))).toBe(true);
      await store.link(`${folder}link`, `${folder}a`);
      await store.copy?.(`${folder}link`, `${folder}copy`);
      if (store.copy) expect(await kindOf(store, `${folder}copy`)).toBe("file");
      if (store.move === undefined) return;
      await store.move(`${folder}link`, `${folder}deep/er/link`);
      expect((await store.stat(`${folder}deep/er/link`)).linkTarget).toBe(`${folder}a`);
      expect(sameBytes(await readAll(store, `${folder}deep/er/link`), pattern(10, 1))).toBe(true);
      await expect(store.stat(`${folder}link`)).rejects.toMatchObject({ kind: "NotFound" });
    });

    test("that leads to itself is an error and no endless way", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      await store.link(`${folder}a`, `${folder}b`);
      await store.link(`${folder}b`, `${folder}a`);
      await expect(store.read(`${folder}a`)).rejects.toMatchObject({ retry: "never" });
    });

    test("never leads out of the store", async () => {
      const { store, folder } = bench();
      if (store.link === undefined) return;
      for (const target of ["..", "../outside", `${folder}../../../outside`, "", "a/../../b", "a\0b"]) {
        await expect(store.link(`${folder}link`, target), target).rejects.toMatchObject({ kind: "Usage" });
      }
      if (store.info.workDirectory !== "/") {
        await expect(store.link(`${folder}link`, "/etc/passwd")).rejects.toMatchObject({ kind: "Usage" });
      }
      expect(await listPaths(store, folder)).toEqual([]);
    });
  });
}

async function kindOf(store: Store, path: string): Promise<string | undefined> {
  const directory = path.slice(0, path.lastIndexOf("/"));
  for await (const entry of store.list(directory, { delimited: true })) {
    if (entry.path === path) return entry.kind;
  }
  return undefined;
}
