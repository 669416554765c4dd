import { expect, test } from "vitest";
import { virtualDirectories } from "../../../../core/store/layers/virtual_directories.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, testBody } from "../../../suites/store_bench.ts";
import { plainStore } from "./plain_store.ts";

const open = async () => {
  const inner = await plainStore();
  return { inner, store: virtualDirectories()(inner) };
};

test("a mark that nobody sees keeps an empty directory", async () => {
  const { inner, store } = await open();
  expect([store.capabilities.makeDirectory, store.native.makeDirectory]).toEqual([true, undefined]);
  await store.makeDirectory?.("a/b");
  expect(await listPaths(inner, "")).toEqual(["a/b/.jcs-directory"]);
  expect(await listPaths(store, "")).toEqual([]);
  expect(await listPaths(store, "", { delimited: true })).toEqual(["a"]);
  expect(await store.stat("a")).toEqual({ path: "a", kind: "directory" });
  await expect(store.remove("a")).rejects.toMatchObject({ kind: "ConditionFailed" });
  await store.remove("a/b");
  expect(await listPaths(inner, "")).toEqual([]);
  await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
});

test("a directory that was made stays without its objects, another goes with its last one", async () => {
  const { store } = await open();
  await store.makeDirectory?.("made");
  for (const path of ["made/a", "other/a"]) await store.write(path, pattern(1));
  for (const path of ["made/a", "other/a"]) await store.remove(path);
  expect((await store.stat("made")).kind).toBe("directory");
  await expect(store.stat("other")).rejects.toMatchObject({ kind: "NotFound" });
});

test("stat and remove of a name that is both mean the object", async () => {
  const { inner, store } = await open();
  await store.makeDirectory?.("a");
  await store.write("a", pattern(10));
  await store.write("a/!", pattern(10));
  expect((await store.stat("a")).kind).toBe("file");
  await store.remove("a");
  expect((await store.stat("a")).kind).toBe("directory");
  expect(await listPaths(inner, "")).toEqual(["a/!", "a/.jcs-directory"]);
  await expect(store.remove("a")).rejects.toMatchObject({ kind: "ConditionFailed" });
  await store.write("b", pattern(1));
  await expect(store.makeDirectory?.("b")).rejects.toMatchObject({ kind: "AlreadyExists" });
});

test("the name of the mark is refused in every place, and bodies that come with it let go", async () => {
  const { store } = await open();
  for (const path of [".jcs-directory", "a/.jcs-directory", ".jcs-directory/a"]) {
    const body = testBody([pattern(1)]);
    await expect(store.write(path, body.stream)).rejects.toMatchObject({ kind: "Usage" });
    await body.cancelled;
    await expect(store.read(path)).rejects.toMatchObject({ kind: "Usage" });
    await expect(store.makeDirectory?.(path)).rejects.toMatchObject({ kind: "Usage" });
  }
  await store.write("a.jcs-directory", pattern(1));
  expect(await listPaths(store, "")).toEqual(["a.jcs-directory"]);
});

test("changes nothing where the service makes directories", async () => {
  const inner = await plainStore();
  const making: Store = { ...inner, makeDirectory: async () => {} };
  expect(virtualDirectories()(making)).toBe(making);
});
