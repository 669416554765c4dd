import { expect, test } from "vitest";
import type { SpaceRecord } from "../../core/catalog/catalog.ts";
import type { ProbeRecord } from "../../core/store/probe/finding.ts";
import {
  AT,
  allGarbage,
  allPaths,
  at,
  later,
  newId,
  sampleBlocks,
  sampleGeneration,
  sampleUpload,
  store,
} from "./catalog_samples.ts";
import { failure } from "./failure.ts";
import type { CatalogUnderTest } from "./test_catalog.ts";

const SPACE: SpaceRecord = {
  name: "s1",
  connection: "s3://bucket?credential=sealed:x",
  location: "cn-beijing",
  account: "a",
  capacityBytes: Number.MAX_SAFE_INTEGER,
  cost: { egressPerGiB: 0.09 },
  createdAt: AT,
};

/** Part of `testCatalog`: spaces, buckets and packages. */
export function testCatalogSpaces({ catalog }: CatalogUnderTest): void {
  test("spaces: keeps every field, and leaves out what was not given", async () => {
    const { spaces } = catalog();
    const bare: SpaceRecord = { name: "S1", connection: "memory://", createdAt: AT };
    await spaces.add(SPACE);
    await spaces.add(bare);
    expect(await spaces.find("s1")).toEqual(SPACE);
    expect(await spaces.find("S1")).toStrictEqual(bare);
    expect(await spaces.list()).toEqual([bare, SPACE]);
    expect(await spaces.find("s")).toBeUndefined();
  });

  test("spaces: refuses a second one of the same name, and a name no space can have", async () => {
    const { spaces } = catalog();
    await spaces.add(SPACE);
    expect(await failure(spaces.add({ ...SPACE, connection: "memory://" }))).toBe("AlreadyExists");
    expect((await spaces.find("s1"))?.connection).toBe(SPACE.connection);
    expect(await failure(spaces.add({ ...SPACE, name: "a:b" }))).toBe("Usage");
  });

  test("spaces: records what a probe found out, the last one, until the space is forgotten", async () => {
    const { spaces } = catalog();
    const probe: ProbeRecord = {
      probedAt: AT,
      findings: [
        { name: "read range", verdict: "yes" },
        { name: "write latency", verdict: "yes", value: 1.25, unit: "ms", detail: 'with "quotes" and 数据' },
      ],
    };
    expect(await failure(spaces.recordProbe("s1", probe))).toBe("NotFound");
    await spaces.add(SPACE);
    await spaces.recordProbe("s1", { probedAt: new Date(0), findings: [] });
    await spaces.recordProbe("s1", probe);
    expect(await spaces.find("s1")).toStrictEqual({ ...SPACE, probe });
    expect(await spaces.list()).toEqual([{ ...SPACE, probe }]);
    await spaces.remove("s1");
    await spaces.add({ ...SPACE, probe });
    expect(await spaces.find("s1")).toStrictEqual({ ...SPACE, probe });
  });

  test("spaces: counts live blocks and their bytes", async () => {
    const { spaces, objects } = catalog();
    expect(await spaces.usage("s1")).toEqual({ blocks: 0, bytes: 0 });
    await store(catalog(), at("one"), { spaces: ["s1", "s2"] });
    await store(catalog(), at("two"), { spaces: ["s2", "s1"] });
    expect(await spaces.usage("s1")).toEqual({ blocks: 2, bytes: 281 });
    await objects.copy(at("one"), at("three"), { replace: false, at: AT });
    await objects.remove(at("two"), AT);
    expect(await spaces.usage("s1")).toEqual({ blocks: 1, bytes: 140 });
  });

  test("spaces: adds up more bytes than one number can count exactly", async () => {
    const id = newId();
    const generation = { ...sampleGeneration(id), size: Number.MAX_SAFE_INTEGER };
    const blocks = ["jcs/1", "jcs/2", "jcs/3"].map((path, index) => ({
      index,
      space: "s1",
      path,
      bytes: Number.MAX_SAFE_INTEGER,
    }));
    await catalog().uploads.begin(sampleUpload(at("huge"), id, blocks));
    await catalog().uploads.commit({ address: at("huge"), generation, blocks, at: AT });
    expect((await catalog().spaces.usage("s1")).bytes).toBe(3 * Number.MAX_SAFE_INTEGER);
    expect((await catalog().objects.find(at("huge")))?.generation.size).toBe(Number.MAX_SAFE_INTEGER);
    expect((await catalog().objects.find(at("huge")))?.blocks).toEqual(blocks);
  });

  test("spaces: forgets one only when nothing lies there, or by force", async () => {
    const { spaces, objects, uploads, garbage } = catalog();
    expect(await failure(spaces.remove("s1"))).toBe("NotFound");
    await spaces.add(SPACE);
    const id = newId();
    await uploads.begin(sampleUpload(at("x"), id, sampleBlocks(id, ["s1"])));
    expect(await failure(spaces.remove("s1"))).toBe("ConditionFailed");
    await uploads.abort(id, AT);
    expect(await failure(spaces.remove("s1"))).toBe("ConditionFailed");
    await garbage.clear(await allGarbage(catalog()));
    await store(catalog(), at("x"), { spaces: ["s1"] });
    expect(await failure(spaces.remove("s1"))).toBe("ConditionFailed");
    await spaces.remove("s1", { force: true });
    expect(await spaces.find("s1")).toBeUndefined();
    expect((await objects.find(at("x")))?.blocks).toHaveLength(1);
    await spaces.add(SPACE);
    await objects.remove(at("x"), AT);
    await garbage.clear(await allGarbage(catalog()));
    await spaces.remove("s1");
    expect(await spaces.list()).toEqual([]);
  });

  test("names: makes, lists and removes buckets", async () => {
    const { names } = catalog();
    await names.createBucket("B");
    await names.createBucket("b");
    await names.createBucket("B%_");
    expect((await names.listBuckets()).map((bucket) => bucket.name)).toEqual(["B", "B%_", "b"]);
    expect(await failure(names.createBucket("b"))).toBe("AlreadyExists");
    expect(await failure(names.createBucket("a/b"))).toBe("Usage");
    expect(await failure(names.removeBucket("x"))).toBe("NotFound");
    await names.createPackage("b", "p");
    expect(await failure(names.removeBucket("b"))).toBe("ConditionFailed");
    await names.removePackage("b", "p");
    await names.removeBucket("b");
    expect((await names.listBuckets()).map((bucket) => bucket.name)).toEqual(["B", "B%_"]);
  });

  test("names: makes, lists and removes packages", async () => {
    const { names, objects } = catalog();
    expect(await failure(names.createPackage("b", "p"))).toBe("NotFound");
    expect(await failure(names.listPackages("b"))).toBe("NotFound");
    await names.ensurePackage("b", "p");
    await names.ensurePackage("b", "p");
    await names.createPackage("b", "P");
    expect(await failure(names.createPackage("b", "p"))).toBe("AlreadyExists");
    expect(await failure(names.createPackage("b", "-p"))).toBe("Usage");
    expect(await failure(names.ensurePackage("b", ".."))).toBe("Usage");
    expect((await names.listPackages("b")).map(({ bucket, name }) => `${bucket}/${name}`)).toEqual([
      "b/P",
      "b/p",
    ]);
    expect(await failure(names.removePackage("b", "x"))).toBe("NotFound");
    expect(await failure(names.removePackage("x", "p"))).toBe("NotFound");
    await store(catalog(), at("o"));
    expect(await failure(names.removePackage("b", "p"))).toBe("ConditionFailed");
    await objects.remove(at("o"), AT);
    await names.removePackage("b", "p");
    expect((await names.listPackages("b")).map((each) => each.name)).toEqual(["P"]);
  });

  test("names: a clone has the same objects and shares their blocks", async () => {
    const { names, objects, spaces } = catalog();
    await store(catalog(), at("one"));
    await store(catalog(), at("two"));
    await names.clonePackage({ bucket: "b", package: "p" }, { bucket: "b", package: "q" });
    expect(await allPaths(catalog(), { package: "q", limit: 10 })).toEqual(["one", "two"]);
    expect(await objects.find(at("one", "q"))).toEqual({
      ...(await objects.find(at("one"))),
      address: at("one", "q"),
    });
    expect((await spaces.usage("s1")).blocks).toBe(2);
    await objects.remove(at("one"), later(1));
    expect(await allGarbage(catalog())).toEqual([]);
    await objects.remove(at("one", "q"), later(2));
    expect(await allGarbage(catalog())).toHaveLength(2);
    expect(await objects.find(at("two", "q"))).toBeDefined();
  });

  test("names: refuses a clone onto a package, of a missing one, or into a missing bucket", async () => {
    const { names } = catalog();
    const source = { bucket: "b", package: "p" };
    expect(await failure(names.clonePackage(source, { bucket: "b", package: "q" }))).toBe("NotFound");
    await names.ensurePackage("b", "p");
    expect(await failure(names.clonePackage(source, { bucket: "c", package: "q" }))).toBe("NotFound");
    await names.clonePackage(source, { bucket: "b", package: "q" });
    expect(await failure(names.clonePackage(source, { bucket: "b", package: "q" }))).toBe("AlreadyExists");
    expect(await failure(names.clonePackage(source, source))).toBe("AlreadyExists");
  });
}
