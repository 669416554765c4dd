import { expect, test } from "vitest";
import type { Catalog } from "../../core/catalog/catalog.ts";
import {
  AT,
  allGarbage,
  at,
  later,
  newId,
  places,
  sampleBlocks,
  sampleGeneration,
  sampleUpload,
  store,
} from "./catalog_samples.ts";
import { failure } from "./failure.ts";
import type { CatalogUnderTest } from "./test_catalog.ts";

/** Part of `testCatalog`: uploads and garbage. */
export function testCatalogUploads({ catalog }: CatalogUnderTest): void {
  test("uploads: the intent makes bucket and package, and no object", async () => {
    const id = newId();
    await catalog().uploads.begin(sampleUpload(at("x"), id, sampleBlocks(id, ["s1"])));
    expect((await catalog().names.listPackages("b")).map((each) => each.name)).toEqual(["p"]);
    expect(await catalog().objects.find(at("x"))).toBeUndefined();
    expect(await failure(catalog().uploads.begin(sampleUpload(at("x"), id, [])))).toBe("ConditionFailed");
  });

  test("uploads: ifAbsent fails at the start, and at the end when another was faster", async () => {
    const { uploads, objects } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1"]);
    await uploads.begin(sampleUpload(at("x"), id, blocks), { ifAbsent: true });
    const other = await store(catalog(), at("x"));
    const late = { address: at("x"), generation: sampleGeneration(id), blocks, ifAbsent: true, at: AT };
    expect(await failure(uploads.commit(late))).toBe("AlreadyExists");
    expect((await objects.find(at("x")))?.generation.id).toBe(other.generation.id);
    expect((await uploads.expired(later(1e9), 10)).map((upload) => upload.generation)).toEqual([id]);
    expect(await allGarbage(catalog())).toEqual([]);
    const third = newId();
    const again = uploads.begin(sampleUpload(at("x"), third, []), { ifAbsent: true });
    expect(await failure(again)).toBe("AlreadyExists");
    await uploads.commit({ ...late, ifAbsent: false });
    expect((await objects.find(at("x")))?.generation.id).toBe(id);
    expect(places(await allGarbage(catalog()))).toEqual(places(other.blocks));
  });

  test("uploads: a commit replaces the object, keeps its creation time and retires the old blocks", async () => {
    const old = await store(catalog(), at("x"));
    const current = await store(catalog(), at("x"), { at: later(10) });
    expect(await catalog().objects.find(at("x"))).toEqual({
      address: at("x"),
      createdAt: AT,
      updatedAt: later(10),
      ...current,
    });
    const garbage = await allGarbage(catalog());
    expect(places(garbage)).toEqual(places(old.blocks));
    expect(garbage.every((record) => record.retiredAt.getTime() === later(10).getTime())).toBe(true);
    expect(await catalog().uploads.expired(later(1e9), 10)).toEqual([]);
  });

  test("uploads: a commit leaves shared blocks of the old generation alone", async () => {
    const old = await store(catalog(), at("x"));
    await catalog().objects.copy(at("x"), at("y"), { replace: false, at: AT });
    await store(catalog(), at("x"), { at: later(10) });
    expect(await allGarbage(catalog())).toEqual([]);
    expect((await catalog().objects.find(at("y")))?.blocks).toEqual(old.blocks);
  });

  test("uploads: places that hold no block of the commit become garbage, also under the same path", async () => {
    const { uploads, objects } = catalog();
    const id = newId();
    const [lost, kept] = sampleBlocks(id, ["s1", "s2"]);
    const takeover = { ...lost!, space: "s3" };
    await uploads.begin(sampleUpload(at("x"), id, [lost!, kept!]));
    await uploads.extend(id, { leaseUntil: later(5), blocks: [takeover, takeover, kept!] });
    const generation = sampleGeneration(id);
    await uploads.commit({ address: at("x"), generation, blocks: [takeover, kept!], at: later(7) });
    expect((await objects.find(at("x")))?.blocks).toEqual([takeover, kept]);
    expect(await allGarbage(catalog())).toEqual([{ space: "s1", path: lost!.path, retiredAt: later(7) }]);
  });

  test("uploads: extend renews the lease and adds places", async () => {
    const { uploads } = catalog();
    const id = newId();
    const [first, second] = sampleBlocks(id, ["s1", "s2"]);
    await uploads.begin(sampleUpload(at("x"), id, [first!], later(5)));
    expect((await uploads.expired(later(6), 10)).map((upload) => upload.generation)).toEqual([id]);
    expect(await uploads.expired(later(5), 10)).toEqual([]);
    await uploads.extend(id, { leaseUntil: later(50), blocks: [second!] });
    expect(await uploads.expired(later(50), 10)).toEqual([]);
    expect(await uploads.expired(later(51), 10)).toEqual([
      sampleUpload(at("x"), id, [first!, second!], later(50)),
    ]);
    await uploads.extend(id, { leaseUntil: later(60) });
    expect(await uploads.expired(later(51), 10)).toEqual([]);
    expect(await failure(uploads.extend(newId(), { leaseUntil: later(1) }))).toBe("ConditionFailed");
  });

  test("uploads: expired ones come in order of their leases, in pages", async () => {
    const ids = ["c", "a", "b"].map((digit) => digit.repeat(32));
    for (const [turn, id] of ids.entries()) {
      await catalog().uploads.begin(sampleUpload(at("x"), id, [], later(turn)));
    }
    const expired = await catalog().uploads.expired(later(10), 2);
    expect(expired.map((upload) => upload.generation)).toEqual(ids.slice(0, 2));
  });

  test("uploads: abort makes all places garbage, and may be repeated", async () => {
    const { uploads } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1", "s2"]);
    await uploads.begin(sampleUpload(at("x"), id, blocks));
    await uploads.abort(id, later(1));
    await uploads.abort(id, later(2));
    await uploads.abort(newId(), later(2));
    const garbage = await allGarbage(catalog());
    expect(places(garbage)).toEqual(places(blocks));
    expect(garbage.every((record) => record.retiredAt.getTime() === later(1).getTime())).toBe(true);
    const commit = { address: at("x"), generation: sampleGeneration(id), blocks, at: AT };
    expect(await failure(uploads.commit(commit))).toBe("ConditionFailed");
    expect(await failure(uploads.extend(id, { leaseUntil: later(1) }))).toBe("ConditionFailed");
    expect(await catalog().objects.find(at("x"))).toBeUndefined();
    expect(await allGarbage(catalog())).toEqual(garbage);
  });

  test("uploads: abort after the commit changes nothing", async () => {
    const { generation, blocks } = await store(catalog(), at("x"));
    await catalog().uploads.abort(generation.id, AT);
    expect((await catalog().objects.find(at("x")))?.blocks).toEqual(blocks);
    expect(await allGarbage(catalog())).toEqual([]);
  });

  test("uploads: a late commit succeeds as long as nobody has collected the upload", async () => {
    const { uploads } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1"]);
    await uploads.begin(sampleUpload(at("x"), id, blocks, later(1)));
    await uploads.commit({ address: at("x"), generation: sampleGeneration(id), blocks, at: later(1000) });
    expect((await catalog().objects.find(at("x")))?.blocks).toEqual(blocks);
  });

  test("uploads: a commit makes again a package that was removed meanwhile", async () => {
    const { uploads, names, objects } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1"]);
    await uploads.begin(sampleUpload(at("x"), id, blocks));
    await names.removePackage("b", "p");
    await names.removeBucket("b");
    await uploads.commit({ address: at("x"), generation: sampleGeneration(id), blocks, at: AT });
    expect((await objects.find(at("x")))?.blocks).toEqual(blocks);
  });

  test("uploads: refuses a block that no upload announced, and another address", async () => {
    const { uploads } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1"]);
    await uploads.begin(sampleUpload(at("x"), id, []));
    const commit = { address: at("x"), generation: sampleGeneration(id), blocks, at: AT };
    await expect(uploads.commit(commit)).rejects.toThrow("Assertion failed");
    const elsewhere = uploads.commit({ ...commit, address: at("y"), blocks: [] });
    await expect(elsewhere).rejects.toThrow("Assertion failed");
    expect(await catalog().objects.find(at("x"))).toBeUndefined();
  });

  test("garbage: nothing may be written where garbage waits", async () => {
    const { uploads, garbage } = catalog();
    const id = newId();
    const blocks = sampleBlocks(id, ["s1", "s2"]);
    await uploads.begin(sampleUpload(at("x"), id, blocks));
    await uploads.abort(id, AT);
    const begin = () => uploads.begin(sampleUpload(at("x"), id, blocks));
    expect(await failure(begin())).toBe("ConditionFailed");
    const other = newId();
    await uploads.begin(sampleUpload(at("x"), other, []));
    expect(await failure(uploads.extend(other, { leaseUntil: AT, blocks }))).toBe("ConditionFailed");
    await uploads.extend(other, { leaseUntil: AT, blocks: [{ ...blocks[0]!, space: "s9" }] });
    await garbage.clear(await allGarbage(catalog()));
    await begin();
  });

  test("garbage: comes oldest first, before a time, of one space when asked, in pages", async () => {
    const { objects, garbage } = catalog();
    for (const [path, when] of Object.entries({ x: 3, y: 1, z: 2 })) {
      await store(catalog(), at(path), { spaces: [`s-${path}`, "s-all"] });
      await objects.remove(at(path), later(when));
    }
    const before = async (when: number, limit: number, space?: string) => {
      const query = { before: later(when), limit, ...(space === undefined ? {} : { space }) };
      return (await garbage.list(query)).map((record) => record.space);
    };
    expect(await before(1, 10)).toEqual([]);
    expect(await before(3, 10)).toEqual(["s-y", "s-all", "s-z", "s-all"]);
    expect(await before(9, 3)).toEqual(["s-y", "s-all", "s-z"]);
    expect(await before(9, 9, "s-all")).toEqual(["s-all", "s-all", "s-all"]);
    expect(await before(9, 9, "s-x")).toEqual(["s-x"]);
  });

  test("garbage: clearing forgets exactly what was named", async () => {
    const { objects, garbage } = catalog();
    await store(catalog(), at("x"), { spaces: Array.from({ length: 250 }, (_, index) => `s${index % 2}`) });
    await objects.remove(at("x"), AT);
    const all = await allGarbage(catalog());
    expect(all).toHaveLength(250);
    const [first, ...others] = all;
    await garbage.clear([]);
    await garbage.clear([{ ...first!, space: "elsewhere" }]);
    expect(await allGarbage(catalog())).toEqual(all);
    await garbage.clear(others);
    expect(await allGarbage(catalog())).toEqual([first]);
    await garbage.clear(all);
    expect(await allGarbage(catalog())).toEqual([]);
  });
}

/** Stores one absent object through several openings at once, many times; exactly one may win each time. */
export async function expectOneWinner(catalogs: readonly Catalog[]): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const address = at(`race/${round}`);
    const results = await Promise.allSettled(
      catalogs.map((catalog) => store(catalog, address, { ifAbsent: true })),
    );
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const kinds = results.flatMap((result) => (result.status === "rejected" ? [result.reason.kind] : []));
    expect(won).toHaveLength(1);
    expect(kinds).toEqual(["AlreadyExists"]);
    expect((await catalogs[0]!.objects.find(address))?.generation.id).toBe(won[0]!.generation.id);
  }
}
