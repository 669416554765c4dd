import { expect, test } from "vitest";
import { pathMemory } from "../../../../../core/store/services/gdrive/path_memory.ts";

test("trusts folders for seconds, files for a minute, and keeps hints", () => {
  let now = 1000;
  const memory = pathMemory(() => now);
  memory.keepFolders("a", ["1", "2"]);
  memory.keepFile("a/b", "3");
  memory.noteRemoved("4");
  expect([memory.folders("a"), memory.file("a/b"), memory.filesBelow("a")]).toEqual([["1", "2"], "3", ["3"]]);
  now += 5000;
  expect([memory.folders("a"), memory.file("a/b"), memory.wasRemoved("4")]).toEqual([undefined, "3", true]);
  now += 55_000;
  expect([memory.file("a/b"), memory.wasRemoved("4"), memory.filesBelow("a")]).toEqual([
    undefined,
    false,
    [],
  ]);
  expect([memory.hints("a"), memory.hints("a/b")]).toEqual([["1", "2"], ["3"]]);
});

test("what is there again after it was removed is no longer removed", () => {
  const memory = pathMemory();
  memory.noteRemoved("1");
  memory.keepFile("a", "1");
  expect(memory.wasRemoved("1")).toBe(false);
});

test("forgets a directory with what is below it, and nothing beside it", () => {
  const memory = pathMemory();
  for (const key of ["a", "a/b", "ab", "a/b/c"]) memory.keepFile(key, key);
  memory.keepFolders("a/b", ["1"]);
  memory.forget("a/b");
  expect(["a", "a/b", "ab", "a/b/c"].map((key) => memory.file(key))).toEqual([
    "a",
    undefined,
    "ab",
    undefined,
  ]);
  expect(memory.folders("a/b")).toBeUndefined();
});

test("holds a bounded number of paths, and lets the oldest go", () => {
  const memory = pathMemory();
  for (let at = 0; at < 10_001; at++) {
    memory.keepFile(`f${at}`, "1");
    memory.noteRemoved(`r${at}`);
    if (at === 10) memory.keepFile("f0", "2");
  }
  expect([memory.file("f0"), memory.file("f1"), memory.file("f10000")]).toEqual(["2", undefined, "1"]);
  expect([memory.wasRemoved("r0"), memory.wasRemoved("r1")]).toEqual([false, true]);
});
