import { rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { asideOf } from "../../core/store/files/replace_aside.ts";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes } from "./store_bench.ts";

const LONG_AGO = new Date(Date.now() - 10 * 24 * 60 * 60_000);

/** Checks that a store whose server cannot rename over a file finds the object that a crash has left aside, whatever is done first, and that nothing
 *  removes it for its age. `directory` is where its files lie. */
export async function testBroughtBack(store: Store, directory: string): Promise<void> {
  const old = pattern(1000, 1);
  const stepAside = async (path: string) => {
    await rename(join(directory, path), join(directory, asideOf(path)));
    await utimes(join(directory, asideOf(path)), LONG_AGO, LONG_AGO);
  };
  const isOld = async (path: string) => sameBytes(await readAll(store, path), old);

  for (const path of ["a", "d/e"]) {
    await store.write(path, old);
    await stepAside(path);
    expect(await store.stat(path)).toMatchObject({ path, size: 1000 });
    await stepAside(path);
    expect(await isOld(path)).toBe(true);
    await stepAside(path);
    expect(await listPaths(store, "")).toContain(path);
    expect(await isOld(path)).toBe(true);
  }
  await stepAside("a");
  await expect(store.write("a", pattern(5), { ifAbsent: true })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  expect(await isOld("a")).toBe(true);
  await stepAside("a");
  await store.append?.("a", pattern(5));
  expect((await store.stat("a")).size).toBe(1005);
  await stepAside("d/e");
  await store.move?.("d/e", "f");
  expect(await isOld("f")).toBe(true);

  // What is removed, or replaced, does not come back.
  await stepAside("f");
  await store.remove("f");
  await expect(store.stat("f")).rejects.toMatchObject({ kind: "NotFound" });
  await writeFile(join(directory, asideOf("a")), "stale");
  await store.write("a", pattern(7));
  await store.write("a", pattern(8));
  expect(await stat(join(directory, asideOf("a"))).catch(() => undefined)).toBeUndefined();
  await writeFile(join(directory, asideOf("a")), "stale");
  expect(await listPaths(store, "")).toEqual(["a"]);
  expect(await stat(join(directory, asideOf("a"))).catch(() => undefined)).toBeUndefined();
  await store.remove("a");
  await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  await expect(store.stat(asideOf("a"))).rejects.toMatchObject({ kind: "Usage" });
}
