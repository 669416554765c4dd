import fc from "fast-check";
import { expect, test } from "vitest";
import type { Catalog, ObjectAddress } from "../../core/catalog/catalog.ts";
import {
  allGarbage,
  at,
  later,
  places,
  sampleBlocks,
  sampleGeneration,
  sampleUpload,
} from "./catalog_samples.ts";
import { failure } from "./failure.ts";
import { ModelCatalog } from "./model_catalog.ts";
import type { CatalogUnderTest } from "./test_catalog.ts";

const PACKAGES = ["p", "P", "q%"] as const;
const PATHS = ["a", "a/b", "a/c", "A", "\u{1f600}"] as const;
const SPACES = ["s1", "s2", "s3", "s4"] as const;

/** One call, with numbers that choose among the uploads begun so far. */
type Call =
  | { readonly kind: "begin"; readonly target: ObjectAddress; readonly ifAbsent: boolean }
  | { readonly kind: "extend"; readonly upload: number; readonly space: string }
  | { readonly kind: "commit"; readonly upload: number; readonly keep: number; readonly ifAbsent: boolean }
  | { readonly kind: "abort"; readonly upload: number }
  | { readonly kind: "remove"; readonly target: ObjectAddress }
  | {
      readonly kind: "move" | "copy";
      readonly source: ObjectAddress;
      readonly target: ObjectAddress;
      readonly replace: boolean;
    }
  | { readonly kind: "clone"; readonly source: string; readonly target: string }
  | { readonly kind: "removePackage"; readonly target: string }
  | { readonly kind: "clear"; readonly count: number };

const address = fc
  .record({ name: fc.constantFrom(...PACKAGES), path: fc.constantFrom(...PATHS) })
  .map(({ name, path }) => at(path, name));
const upload = fc.nat(40);
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("begin"), target: address, ifAbsent: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("extend"), upload, space: fc.constantFrom(...SPACES) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("commit"), upload, keep: fc.nat(15), ifAbsent: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort"), upload }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove"), target: address }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("move", "copy"),
      source: address,
      target: address,
      replace: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("clone"),
      source: fc.constantFrom(...PACKAGES),
      target: fc.constantFrom(...PACKAGES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("removePackage"), target: fc.constantFrom(...PACKAGES) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear"), count: fc.nat(4) }) },
) as fc.Arbitrary<Call>;

/** Part of `testCatalog`: any calls in any order end as the model says. */
export function testCatalogModel({ catalog }: CatalogUnderTest): void {
  test("model: after any calls every block is live, of an upload, or garbage, as the model says", async () => {
    let serial = 0;
    await fc.assert(
      fc
        .asyncProperty(fc.array(call, { minLength: 5, maxLength: 40, size: "max" }), async (calls) => {
          const model = new ModelCatalog();
          const ids: string[] = [];
          for (const [turn, each] of calls.entries()) {
            if (each.kind === "begin") {
              serial += 1;
              ids.push(serial.toString(16).padStart(32, "0"));
            }
            const [actual, expected] = await play(each, { catalog: catalog(), model, ids, at: later(turn) });
            expect(actual, `call ${turn}: ${JSON.stringify(each)}`).toBe(expected);
          }
          await compare(catalog(), model, ids);
        })
        .afterEach(() => empty(catalog())),
      { numRuns: 60 },
    );
  });
}

interface Stage {
  readonly catalog: Catalog;
  readonly model: ModelCatalog;
  readonly ids: readonly string[];
  readonly at: Date;
}

/** Makes one call on both; gives the kinds of error that they ended with. */
async function play(
  each: Call,
  { catalog, model, ids, at: now }: Stage,
): Promise<readonly [unknown, unknown]> {
  const at = now.getTime();
  switch (each.kind) {
    case "begin": {
      const id = ids.at(-1)!;
      const begun = sampleUpload(
        each.target,
        id,
        sampleBlocks(id, SPACES.slice(0, 3)),
        later(1000 + ids.length),
      );
      const { ifAbsent } = each;
      return [await failure(catalog.uploads.begin(begun, { ifAbsent })), model.begin(begun, ifAbsent)];
    }
    case "extend": {
      const id = ids[each.upload % ids.length] ?? "none";
      const known = model.uploads.get(id)?.blocks.length ?? 0;
      const added = [{ index: known, space: each.space, path: `jcs/blocks/${id}.${known}` }];
      const leaseUntil = later(2000 + each.upload);
      const result = await failure(catalog.uploads.extend(id, { leaseUntil, blocks: added }));
      return [result, model.extend(id, added, leaseUntil)];
    }
    case "commit": {
      const id = ids[each.upload % ids.length] ?? "none";
      const begun = model.uploads.get(id);
      const blocks = (begun?.blocks ?? [])
        .filter((_, index) => (each.keep >> index) & 1)
        .map((place) => ({ ...place, bytes: 100 + place.index }));
      const { ifAbsent } = each;
      const generation = sampleGeneration(id);
      const target = begun?.address ?? { bucket: "b", package: "p", path: "a" };
      const committed = catalog.uploads.commit({ address: target, generation, blocks, ifAbsent, at: now });
      return [await failure(committed), model.commit(id, blocks, ifAbsent, at)];
    }
    case "abort": {
      const id = ids[each.upload % ids.length] ?? "none";
      return [await failure(catalog.uploads.abort(id, now)), model.abort(id, at)];
    }
    case "remove":
      return [await failure(catalog.objects.remove(each.target, now)), model.remove(each.target, at)];
    case "move":
    case "copy": {
      const { kind, source, target, replace } = each;
      const result = await failure(catalog.objects[kind](source, target, { replace, at: now }));
      return [result, model.transfer(kind, source, target, { replace, at })];
    }
    case "clone": {
      const source = { bucket: "b", package: each.source };
      const result = await failure(catalog.names.clonePackage(source, { bucket: "b", package: each.target }));
      return [result, model.clone(each.source, each.target)];
    }
    case "removePackage":
      return [await failure(catalog.names.removePackage("b", each.target)), model.removePackage(each.target)];
    case "clear": {
      const cleared = (await allGarbage(catalog)).slice(0, each.count);
      model.clear(places(cleared));
      return [await failure(catalog.garbage.clear(cleared)), undefined];
    }
  }
}

/** Compares all that can be seen, and counts every place that was ever announced. */
async function compare(catalog: Catalog, model: ModelCatalog, ids: readonly string[]): Promise<void> {
  const live = new Set<string>();
  for (const [name, objects] of model.packages) {
    const owner = { bucket: "b", package: name };
    const page = await catalog.objects.page({ package: owner, limit: 100 });
    expect(page.map((entry) => entry.address.path)).toEqual(PATHS.filter((path) => objects.has(path)).sort());
    for (const [path, expected] of objects) {
      const found = await catalog.objects.find({ ...owner, path });
      expect(found?.generation.id).toBe(expected.generation);
      expect(found?.createdAt.getTime()).toBe(expected.createdAt);
      expect(found?.updatedAt.getTime()).toBe(expected.updatedAt);
      expect(found?.blocks).toEqual(model.blocks.get(expected.generation));
      for (const place of places(found?.blocks ?? [])) live.add(place);
    }
  }
  const uploads = await catalog.uploads.expired(later(1e9), ids.length + 1);
  expect(new Map(uploads.map((upload) => [upload.generation, upload]))).toEqual(model.uploads);
  const garbage = await allGarbage(catalog);
  expect(new Map(garbage.map((record) => [places([record])[0], record.retiredAt.getTime()]))).toEqual(
    model.garbage,
  );
  const everywhere = [
    ...live,
    ...uploads.flatMap((upload) => places(upload.blocks)),
    ...places(garbage),
  ].sort();
  expect(everywhere).toEqual([...model.written].sort());
  let counted = 0;
  for (const space of SPACES) counted += (await catalog.spaces.usage(space)).blocks;
  expect(counted).toBe(live.size);
}

/** Leaves nothing to the next run. */
async function empty(catalog: Catalog): Promise<void> {
  for (const upload of await catalog.uploads.expired(later(1e9), 1000)) {
    await catalog.uploads.abort(upload.generation, later(0));
  }
  for (const bucket of await catalog.names.listBuckets()) {
    for (const { name } of await catalog.names.listPackages(bucket.name)) {
      for (const entry of await catalog.objects.page({ package: at("", name), limit: 1000 })) {
        await catalog.objects.remove(entry.address, later(0));
      }
      await catalog.names.removePackage(bucket.name, name);
    }
    await catalog.names.removeBucket(bucket.name);
  }
  for (;;) {
    const garbage = await allGarbage(catalog);
    if (garbage.length === 0) return;
    await catalog.garbage.clear(garbage);
  }
}
