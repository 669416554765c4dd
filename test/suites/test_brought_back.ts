import { rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { asideOf } from "../../core/store/files/replace_aside.ts";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes } from "./store_bench.ts";

const LONG_AGO = new Date(Date.now() - 10 * 24 * 60 * 60_000);

/** What lies at a service, past the store. Paths are the store's. */
export interface Beside {
  rename(source: string, target: string): Promise<void>;
  put(path: string, bytes: Uint8Array): Promise<void>;
  has(path: string): Promise<boolean>;
  /** Writes replace objects at once, and set none aside: only moves do. False unless given. */
  readonly writesReplace?: boolean;
}

/** The files of a directory, which were changed long ago when they get another name. */
export function filesBeside(directory: string): Beside {
  return {
    async rename(source, target) {
      await rename(join(directory, source), join(directory, target));
      await utimes(join(directory, target), LONG_AGO, LONG_AGO);
    },
    put: (path, bytes) => writeFile(join(directory, path), bytes),
    has: async (path) => (await stat(join(directory, path)).catch(() => undefined)) !== undefined,
  };
}

/** Checks that a store whose service cannot rename over a file finds the object that a crash has left aside, whatever is done first, and that nothing
 *  removes it for its age. */
export async function testBroughtBack(store: Store, beside: Beside): Promise<void> {
  const old = pattern(1000, 1);
  const stepAside = (path: string) => beside.rename(path, asideOf(path));
  const leaveAside = (path: string) => beside.put(asideOf(path), pattern(5, 9));
  const isOld = async (path: string) => sameBytes(await readAll(store, path), old);

  for (const path of ["a", "d/e"]) {
    await store.write(path, old);
    await stepAside(path);
    expect(await store.stat(path)).toMatchObject({ path, size: 1000 });
    await stepAside(path);
    expect(await isOld(path)).toBe(true);
    await stepAside(path);
    expect(await readAll(store, path, { offset: 10, length: 20 })).toHaveLength(20);
    await stepAside(path);
    expect(await listPaths(store, "")).toContain(path);
    expect(await isOld(path)).toBe(true);
  }
  await stepAside("a");
  await expect(store.write("a", pattern(5), { ifAbsent: true })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  expect(await isOld("a")).toBe(true);
  if (store.append !== undefined) {
    await stepAside("a");
    await store.append("a", pattern(5));
    expect((await store.stat("a")).size).toBe(1005);
  }
  if (store.copy !== undefined) {
    await stepAside("d/e");
    await store.copy("d/e", "c");
    expect(await isOld("c")).toBe(true);
    await store.remove("c");
  }
  await stepAside("d/e");
  await store.move?.("d/e", "f");
  expect(await isOld("f")).toBe(true);

  // What is removed, or replaced, does not come back.
  await stepAside("f");
  await store.remove("f");
  await expect(store.stat("f")).rejects.toMatchObject({ kind: "NotFound" });
  await leaveAside("a");
  await store.write("a", pattern(7));
  await store.write("a", pattern(8));
  if (beside.writesReplace !== true) expect(await beside.has(asideOf("a"))).toBe(false);
  await leaveAside("a");
  await store.write("b", pattern(9));
  await store.move?.("b", "a");
  expect(await beside.has(asideOf("a"))).toBe(false);
  if (store.move !== undefined) {
    await store.write("g", pattern(9));
    await leaveAside("g");
    await store.move("g", "h");
    await expect(store.stat("g")).rejects.toMatchObject({ kind: "NotFound" });
    await store.remove("h");
  }
  await leaveAside("a");
  expect(await listPaths(store, "")).toEqual(["a"]);
  expect(await beside.has(asideOf("a"))).toBe(false);
  await leaveAside("a");
  await store.remove("a");
  await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  await expect(store.stat(asideOf("a"))).rejects.toMatchObject({ kind: "Usage" });
}
