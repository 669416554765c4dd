import { randomBytes } from "node:crypto";
import type {
  BlockRecord,
  Catalog,
  GarbageRecord,
  Generation,
  ObjectAddress,
  UploadRecord,
} from "../../core/catalog/catalog.ts";

/** A time that no test has to care about. */
export const AT = new Date(1_700_000_000_000);

/** A time after `AT`. */
export function later(milliseconds: number): Date {
  return new Date(AT.getTime() + milliseconds);
}

/** An object in package `p` of bucket `b`. */
export function at(path: string, name = "p"): ObjectAddress {
  return { bucket: "b", package: name, path };
}

/** A new generation id. */
export function newId(): string {
  return randomBytes(16).toString("hex");
}

/** A generation of 100 bytes in replicas. */
export function sampleGeneration(id = newId()): Generation {
  return {
    id,
    size: 100,
    hash: `sha256:${"ab".repeat(32)}`,
    redundancy: { kind: "rep", count: 2 },
    payloadBytes: 100,
    checksumChunkBytes: 65_536,
    metadata: {},
    createdAt: AT,
  };
}

/** One block of a generation on each of `spaces`. */
export function sampleBlocks(id: string, spaces: readonly string[]): readonly BlockRecord[] {
  return spaces.map((space, index) => ({
    index,
    space,
    path: `jcs/blocks/${id}.${index}`,
    bytes: 140 + index,
  }));
}

/** The intent to write `blocks`. */
export function sampleUpload(
  address: ObjectAddress,
  id: string,
  blocks: UploadRecord["blocks"],
  leaseUntil = later(60_000),
): UploadRecord {
  return {
    generation: id,
    address,
    blocks: blocks.map(({ index, space, path }) => ({ index, space, path })),
    leaseUntil,
  };
}

/** Stores an object: begins an upload and commits it. */
export async function store(
  catalog: Catalog,
  address: ObjectAddress,
  options: { readonly spaces?: readonly string[]; readonly at?: Date; readonly ifAbsent?: boolean } = {},
): Promise<{ readonly generation: Generation; readonly blocks: readonly BlockRecord[] }> {
  const generation = sampleGeneration();
  const blocks = sampleBlocks(generation.id, options.spaces ?? ["s1", "s2"]);
  await catalog.uploads.begin(sampleUpload(address, generation.id, blocks));
  await catalog.uploads.commit({
    address,
    generation,
    blocks,
    at: options.at ?? AT,
    ...(options.ifAbsent === undefined ? {} : { ifAbsent: options.ifAbsent }),
  });
  return { generation, blocks };
}

/** `space:path` of every place, sorted. */
export function places(records: readonly { readonly space: string; readonly path: string }[]): string[] {
  return records.map((record) => `${record.space}:${record.path}`).sort();
}

/** All garbage there is. */
export async function allGarbage(catalog: Catalog): Promise<readonly GarbageRecord[]> {
  return await catalog.garbage.list({ before: new Date(8_640_000_000_000_000), limit: 1000 });
}

/** Paths of all objects of a package, page by page. */
export async function allPaths(
  catalog: Catalog,
  query: { readonly package: string; readonly prefix?: string; readonly limit: number },
): Promise<string[]> {
  const paths: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await catalog.objects.page({
      package: { bucket: "b", package: query.package },
      limit: query.limit,
      ...(query.prefix === undefined ? {} : { prefix: query.prefix }),
      ...(after === undefined ? {} : { after }),
    });
    if (page.length === 0) return paths;
    paths.push(...page.map((entry) => entry.address.path));
    after = paths.at(-1);
  }
}

/** Names of one level, page by page: paths of objects, and prefixes with their slash. */
export async function levelNames(
  catalog: Catalog,
  query: { readonly package: string; readonly prefix: string; readonly limit: number },
): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await catalog.objects.level({
      package: { bucket: "b", package: query.package },
      prefix: query.prefix,
      limit: query.limit,
      ...(after === undefined ? {} : { after }),
    });
    if (page.length === 0) return names;
    names.push(...page.map((entry) => ("prefix" in entry ? entry.prefix : entry.object.address.path)));
    after = names.at(-1);
  }
}
