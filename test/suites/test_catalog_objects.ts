import { expect, test } from "vitest";
import { compareUtf8 } from "../../core/catalog/utf8_order.ts";
import { CATALOG_PAGE_ROWS } from "../../core/limits.ts";
import {
  AT,
  allGarbage,
  allPaths,
  at,
  later,
  levelNames,
  newId,
  places,
  sampleBlocks,
  sampleGeneration,
  sampleUpload,
  store,
} from "./catalog_samples.ts";
import { failure } from "./failure.ts";
import type { CatalogUnderTest } from "./test_catalog.ts";

/** Paths that a careless query or comparison mixes up. */
const AWKWARD_PATHS = [
  "A",
  "a",
  "a b",
  "a ",
  "a%",
  "a_",
  "a'",
  'a"',
  "a`",
  "a\\",
  "a*",
  "a?",
  "a;drop table objects--",
  "a\nb",
  "a\r",
  "a\u0001",
  "é",
  "e\u0301",
  "ß",
  "ss",
  "ﬀ",
  "\uff5e",
  "\ue000",
  "\u{1f600}",
  "\u{1f600}/x",
  "\u{10ffff}",
  "\ud7ff",
  "0",
  "00",
  "1e0",
  "null",
  "x".repeat(1024),
  "中文/目录/文件.txt",
] as const;

/** Part of `testCatalog`: objects by name. */
export function testCatalogObjects({ catalog }: CatalogUnderTest): void {
  test("objects: keeps every field of a generation", async () => {
    const id = newId();
    const generation = {
      ...sampleGeneration(id),
      redundancy: { kind: "ec", dataShards: 4, parityShards: 2, chunkBytes: 1_048_576, code: "cauchy16/1" },
      metadata: { "user key": 'va"lue\n\u{1f600}', __proto__x: "" },
      modifiedAt: new Date(-1),
    } as const;
    const blocks = sampleBlocks(id, ["s1", "s2", "s3", "s4", "s5", "s6"]);
    await catalog().uploads.begin(sampleUpload(at("dir/file"), id, blocks));
    await catalog().uploads.commit({
      address: at("dir/file"),
      generation,
      blocks: [...blocks].reverse(),
      at: AT,
    });
    const expected = { address: at("dir/file"), createdAt: AT, updatedAt: AT, generation };
    expect(await catalog().objects.find(at("dir/file"))).toStrictEqual({ ...expected, blocks });
    expect(await catalog().objects.page({ package: at(""), limit: 5 })).toStrictEqual([expected]);
    expect(await catalog().objects.level({ package: at(""), prefix: "dir/", limit: 5 })).toStrictEqual([
      { object: expected },
    ]);
  });

  test("objects: an object may be without blocks", async () => {
    await store(catalog(), at("owed"), { spaces: [] });
    expect((await catalog().objects.find(at("owed")))?.blocks).toEqual([]);
  });

  test("objects: finds nothing where nothing is", async () => {
    const { objects, names } = catalog();
    expect(await objects.find(at("x"))).toBeUndefined();
    await names.createBucket("b");
    expect(await objects.find(at("x"))).toBeUndefined();
    await store(catalog(), at("x/y"));
    for (const path of ["x", "x/", "X/y", "x/y/", "x/%"])
      expect(await objects.find(at(path))).toBeUndefined();
    expect(await failure(objects.page({ package: at("", "none"), limit: 1 }))).toBe("NotFound");
    expect(await failure(objects.level({ package: at("", "none"), prefix: "", limit: 1 }))).toBe("NotFound");
  });

  test("objects: tells names apart byte for byte, and lists them in byte order", async () => {
    for (const path of AWKWARD_PATHS) await store(catalog(), at(path), { spaces: [] });
    for (const path of AWKWARD_PATHS) {
      expect((await catalog().objects.find(at(path)))?.address.path).toBe(path);
    }
    const sorted = [...AWKWARD_PATHS].sort(compareUtf8);
    expect(await allPaths(catalog(), { package: "p", limit: 100 })).toEqual(sorted);
    expect(await allPaths(catalog(), { package: "p", limit: 1 })).toEqual(sorted);
    for (const prefix of ["a", "a%", "a_", "a\\", "A", "é", "e", "\u{1f600}", "\u{10ffff}", "\ud7ff", "x"]) {
      const wanted = sorted.filter((path) => path.startsWith(prefix));
      expect(await allPaths(catalog(), { package: "p", prefix, limit: 2 })).toEqual(wanted);
    }
  });

  test("objects: refuses names that no object can have", async () => {
    for (const path of ["", "/a", "a/", "a//b", "a/./b", "..", "a\u0000b", "\ud800", "x".repeat(1025)]) {
      expect(await failure(store(catalog(), at(path)))).toBe("Usage");
    }
    expect(await failure(store(catalog(), { bucket: "a:b", package: "p", path: "x" }))).toBe("Usage");
    await store(catalog(), at("x"));
    const options = { replace: false, at: AT };
    expect(await failure(catalog().objects.move(at("x"), at("a//b"), options))).toBe("Usage");
    expect(await failure(catalog().objects.copy(at("x"), at("../b"), options))).toBe("Usage");
    expect(await failure(catalog().objects.page({ package: at(""), prefix: "\udc00", limit: 1 }))).toBe(
      "Usage",
    );
    expect(await failure(catalog().objects.find(at("\udc00")))).toBe("Usage");
    expect(await allPaths(catalog(), { package: "p", limit: 10 })).toEqual(["x"]);
  });

  test("objects: pages start anywhere and end with the prefix", async () => {
    for (const path of ["a", "b/1", "b/2", "b/3", "b0", "c"])
      await store(catalog(), at(path), { spaces: [] });
    const page = async (prefix: string, after: string, limit = 10) =>
      (await catalog().objects.page({ package: at(""), prefix, after, limit })).map(
        (entry) => entry.address.path,
      );
    expect(await page("", "")).toEqual(["a", "b/1", "b/2", "b/3", "b0", "c"]);
    expect(await page("", "b/15", 2)).toEqual(["b/2", "b/3"]);
    expect(await page("b/", "a")).toEqual(["b/1", "b/2", "b/3"]);
    expect(await page("b/", "b/")).toEqual(["b/1", "b/2", "b/3"]);
    expect(await page("b/", "b/2")).toEqual(["b/3"]);
    expect(await page("b/", "c")).toEqual([]);
    expect(await page("b", "b/9")).toEqual(["b0"]);
    expect(await page("c", "")).toEqual(["c"]);
  });

  test("objects: a page has at least one row and at most the bound", async () => {
    await store(catalog(), at("x"));
    for (const limit of [0, CATALOG_PAGE_ROWS + 1, 1.5]) {
      await expect(catalog().objects.page({ package: at(""), limit })).rejects.toThrow("Assertion failed");
    }
    expect(await catalog().objects.page({ package: at(""), limit: CATALOG_PAGE_ROWS })).toHaveLength(1);
  });

  test("objects: a level has its objects and common prefixes in one order", async () => {
    const paths = ["a", "a-", "a/1", "a/2/3", "a0", "b/1", "b/2", "c/d/e/f", "\ufffd/x", "\u{1f600}/x", "z"];
    for (const path of paths) await store(catalog(), at(path), { spaces: [] });
    for (const limit of [1, 2, 3, 100]) {
      const level = (prefix: string) => levelNames(catalog(), { package: "p", prefix, limit });
      expect(await level("")).toEqual(["a", "a-", "a/", "a0", "b/", "c/", "z", "\ufffd/", "\u{1f600}/"]);
      expect(await level("a/")).toEqual(["a/1", "a/2/"]);
      expect(await level("c/d/")).toEqual(["c/d/e/"]);
      expect(await level("d/")).toEqual([]);
    }
    const after = async (prefix: string, name: string) =>
      (await catalog().objects.level({ package: at(""), prefix, after: name, limit: 1 })).map((entry) =>
        "prefix" in entry ? entry.prefix : entry.object.address.path,
      );
    expect(await after("", "a/1")).toEqual(["a0"]);
    expect(await after("a/", "Z")).toEqual(["a/1"]);
    expect(await after("a/", "b")).toEqual([]);
    expect(await failure(catalog().objects.level({ package: at(""), prefix: "a", limit: 1 }))).toBe("Usage");
  });

  test("objects: a level skips what lies deep, however much it is", async () => {
    await store(catalog(), at("seed"), { spaces: [] });
    const copies = Array.from({ length: 300 }, (_, number) => `${number % 3}/${number}/x`);
    const options = { replace: false, at: AT };
    await Promise.all(copies.map((path) => catalog().objects.copy(at("seed"), at(path), options)));
    for (const limit of [1, 2, 50]) {
      expect(await levelNames(catalog(), { package: "p", prefix: "", limit })).toEqual([
        "0/",
        "1/",
        "2/",
        "seed",
      ]);
    }
    const inside = copies.filter((path) => path.startsWith("1/")).map((path) => path.slice(0, -1));
    expect(await levelNames(catalog(), { package: "p", prefix: "1/", limit: 7 })).toEqual(
      inside.sort(compareUtf8),
    );
  });

  test("objects: removal makes the blocks garbage", async () => {
    expect(await failure(catalog().objects.remove(at("x"), AT))).toBe("NotFound");
    const { blocks } = await store(catalog(), at("x"));
    await catalog().objects.remove(at("x"), later(5));
    expect(await catalog().objects.find(at("x"))).toBeUndefined();
    const garbage = await allGarbage(catalog());
    expect(places(garbage)).toEqual(places(blocks));
    expect(garbage.map((record) => record.retiredAt)).toEqual([later(5), later(5)]);
    expect(await failure(catalog().objects.remove(at("x"), AT))).toBe("NotFound");
    expect((await catalog().names.listPackages("b")).map((each) => each.name)).toEqual(["p"]);
  });

  test("objects: a copy shares the generation, and the last reference decides", async () => {
    const { objects } = catalog();
    const { generation, blocks } = await store(catalog(), at("x"));
    await objects.copy(at("x"), at("y"), { replace: false, at: later(1) });
    const copy = await objects.find(at("y"));
    expect(copy).toEqual({ address: at("y"), createdAt: later(1), updatedAt: later(1), generation, blocks });
    await objects.remove(at("x"), later(2));
    expect(await allGarbage(catalog())).toEqual([]);
    expect((await objects.find(at("y")))?.blocks).toEqual(blocks);
    await objects.remove(at("y"), later(3));
    expect(places(await allGarbage(catalog()))).toEqual(places(blocks));
  });

  for (const operation of ["move", "copy"] as const) {
    test(`objects: ${operation} wants a source, a target package and a free name`, async () => {
      const { objects, names } = catalog();
      const options = { replace: false, at: later(1) };
      expect(await failure(objects[operation](at("x"), at("y"), options))).toBe("NotFound");
      const first = await store(catalog(), at("x"));
      const second = await store(catalog(), at("y"));
      expect(await failure(objects[operation](at("x"), at("x", "q"), options))).toBe("NotFound");
      expect(await failure(objects[operation](at("x"), at("y"), options))).toBe("AlreadyExists");
      expect((await objects.find(at("y")))?.generation.id).toBe(second.generation.id);
      expect(await allGarbage(catalog())).toEqual([]);
      await objects[operation](at("x"), at("y"), { replace: true, at: later(2) });
      expect((await objects.find(at("y")))?.generation.id).toBe(first.generation.id);
      expect(places(await allGarbage(catalog()))).toEqual(places(second.blocks));
      expect((await objects.find(at("x"))) === undefined).toBe(operation === "move");
      await names.ensurePackage("b", "q");
      await objects[operation](at("y"), at("z", "q"), { replace: false, at: later(3) });
      expect((await objects.find(at("z", "q")))?.blocks).toEqual(first.blocks);
      expect((await objects.find(at("z", "q")))?.updatedAt).toEqual(later(3));
      expect((await objects.find(at("z", "q")))?.createdAt).toEqual(operation === "move" ? AT : later(3));
    });

    test(`objects: ${operation} onto itself loses nothing`, async () => {
      const { objects } = catalog();
      const { blocks } = await store(catalog(), at("x"));
      expect(await failure(objects[operation](at("x"), at("x"), { replace: false, at: AT }))).toBe(
        "AlreadyExists",
      );
      await objects[operation](at("x"), at("x"), { replace: true, at: AT });
      expect((await objects.find(at("x")))?.blocks).toEqual(blocks);
      await objects.copy(at("x"), at("y"), { replace: false, at: AT });
      await objects[operation](at("x"), at("y"), { replace: true, at: AT });
      expect((await objects.find(at("y")))?.blocks).toEqual(blocks);
      expect(await allGarbage(catalog())).toEqual([]);
    });
  }
}
