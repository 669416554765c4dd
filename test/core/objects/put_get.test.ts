import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import type { Client, PutSource, TransferEvent } from "../../../core/client.ts";
import { formatScheme, parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const address = { bucket: "b", package: "p", path: "dir/object" };

let world: TestClient;
let client: Client;
beforeEach(async () => {
  world = await createTestClient(6);
  client = world.client;
});
afterEach(() => world.close());

function bytesSource(bytes: Uint8Array, chunkBytes = 256 * KIB): PutSource {
  return {
    size: bytes.length,
    reopenable: true,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

async function get(
  range: { readonly offset?: number; readonly length?: number } = {},
  onEvent?: (event: TransferEvent) => void,
) {
  const outcome = await client.get({ address, ...range, ...(onEvent ? { onEvent } : {}) });
  return collect(outcome.body, { bytesMax: 64 * MIB });
}

const sizes = [0, 1, 255, 256, 1000, 64 * KIB, MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 12345];
const schemes = ["none", "rep:3", "ec:2+1", "ec:4+2", "ec:5+1"];

describe.each(schemes)("%s", (scheme) => {
  test.each(sizes)("gives %d bytes back, whole and in ranges", async (size) => {
    const bytes = randomBytes(size);
    const outcome = await client.put({ address, source: bytesSource(bytes), scheme: parseScheme(scheme) });
    expect(outcome.status).toBe("stored");
    expect(outcome.object.generation.hash).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
    expect(formatScheme(outcome.object.generation.redundancy)).toBe(scheme);
    expect(Buffer.compare(await get(), bytes)).toBe(0);
    for (let i = 0; i < 10; i++) {
      const offset = Math.floor(Math.random() * (size + 1));
      const length = Math.floor(Math.random() * (size - offset + 10));
      expect(
        Buffer.compare(await get({ offset, length }), bytes.subarray(offset, offset + length)),
        `${offset}+${length}`,
      ).toBe(0);
    }
  });
});

test("takes a source of unknown length", async () => {
  const bytes = randomBytes(5 * MIB + 7);
  const { size: _, ...source } = bytesSource(bytes);
  const outcome = await client.put({
    address,
    source: { ...source, reopenable: false },
    scheme: parseScheme("ec:4+2"),
  });
  expect(outcome.object.generation.size).toBe(bytes.length);
  expect(Buffer.compare(await get(), bytes)).toBe(0);
});

describe("with losses", () => {
  const bytes = randomBytes(9 * MIB + 12345);

  async function put(scheme: string) {
    return (await client.put({ address, source: bytesSource(bytes), scheme: parseScheme(scheme) })).object;
  }

  test("any two of six spaces may be gone, whole and in ranges", async () => {
    const object = await put("ec:4+2");
    for (let a = 0; a < 6; a++)
      for (let b = a + 1; b < 6; b++) {
        const lost = [object.blocks[a]!, object.blocks[b]!];
        const saved = await Promise.all(
          lost.map(async (block) => {
            const store = await world.store(block.space);
            const content = await collect(await store.read(block.path), { bytesMax: 64 * MIB });
            await store.remove(block.path);
            return { store, path: block.path, content };
          }),
        );
        const events: TransferEvent[] = [];
        expect(Buffer.compare(await get({}, (event) => events.push(event)), bytes)).toBe(0);
        expect(
          Buffer.compare(
            await get({ offset: 1_000_000, length: 5_000_000 }),
            bytes.subarray(1_000_000, 6_000_000),
          ),
        ).toBe(0);
        const workarounds = events.filter((event) => event.type === "workaround");
        expect(workarounds.length > 0).toBe(a < 4);
        for (const { store, path, content } of saved) await store.write(path, content);
      }
  });

  test("flipped bytes are noticed and worked around, also in more blocks than parity has, when they lie apart", async () => {
    const object = await put("ec:4+2");
    for (const index of [0, 1, 2, 3]) {
      const block = object.blocks[index]!;
      const store = await world.store(block.space);
      const content = Buffer.from(await collect(await store.read(block.path), { bytesMax: 64 * MIB }));
      // Each in another strip.
      content[(index % 3) * MIB + 1000]! ^= 1;
      await store.write(block.path, content);
    }
    expect(Buffer.compare(await get(), bytes)).toBe(0);
  });

  test("too many losses are one clear error that names each", async () => {
    const object = await put("ec:4+2");
    for (const block of object.blocks.slice(0, 3)) await (await world.store(block.space)).remove(block.path);
    await expect(get()).rejects.toMatchObject({
      kind: "TooFewBlocks",
      message: expect.stringContaining("3 of 6 blocks can be read and 4 are needed"),
    });
  });

  test("swapped blocks are noticed", async () => {
    const object = await put("ec:4+2");
    const [a, b] = [object.blocks[0]!, object.blocks[1]!];
    const [storeA, storeB] = [await world.store(a.space), await world.store(b.space)];
    const contentA = await collect(await storeA.read(a.path), { bytesMax: 64 * MIB });
    const contentB = await collect(await storeB.read(b.path), { bytesMax: 64 * MIB });
    await storeA.write(a.path, contentB);
    await storeB.write(b.path, contentA);
    expect(Buffer.compare(await get(), bytes)).toBe(0);
  });

  test("replicas stand in for each other in mid-stream", async () => {
    const object = await put("rep:3");
    const block = object.blocks[0]!;
    const store = await world.store(block.space);
    const content = Buffer.from(await collect(await store.read(block.path), { bytesMax: 64 * MIB }));
    content[5 * MIB]! ^= 1;
    await store.write(block.path, content);
    const events: TransferEvent[] = [];
    expect(Buffer.compare(await get({}, (event) => events.push(event)), bytes)).toBe(0);
    expect(events.filter((event) => event.type === "workaround")).toHaveLength(1);
  });

  test("a space that hangs is given up for another", async () => {
    const object = await put("ec:4+2");
    world.wrap(object.blocks[1]!.space, (inner) => ({
      ...inner,
      read: () => new Promise<never>(() => undefined),
    }));
    const start = performance.now();
    expect(Buffer.compare(await get(), bytes)).toBe(0);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("a space that fails while writing is replaced by another", async () => {
    await world.close();
    world = await createTestClient(7);
    client = world.client;
    for (const name of world.spaces.slice(0, 1))
      world.wrap(name, (inner) => ({
        ...inner,
        async write(): Promise<never> {
          throw new Error("no");
        },
      }));
    for (let i = 0; i < 7; i++) {
      const object = await put("ec:4+2");
      expect(object.blocks).toHaveLength(6);
      expect(object.blocks.map((block) => block.space)).not.toContain("s0");
      expect(Buffer.compare(await get(), bytes)).toBe(0);
    }
  });
});

describe("a source that can be read only once", () => {
  const failing = (space: string) =>
    world.wrap(space, (inner) => ({
      ...inner,
      async write(): Promise<never> {
        throw new Error("no");
      },
      list() {
        return (async function* () {
          yield* [];
          throw new Error("no");
        })();
      },
    }));

  async function putOnce(size: number, scheme: string) {
    const bytes = randomBytes(size);
    const { size: _, ...source } = bytesSource(bytes);
    const outcome = await client.put({
      address,
      source: { ...source, reopenable: false },
      scheme: parseScheme(scheme),
    });
    expect(Buffer.compare(await get(), bytes)).toBe(0);
    return outcome;
  }

  test.each([1000, 20 * MIB])("of %d bytes gets around spaces that do not answer", async (size) => {
    failing("s2");
    failing("s4");
    const outcome = await putOnce(size, "auto");
    expect(outcome.object.blocks.map((block) => block.space)).not.toEqual(expect.arrayContaining(["s2"]));
    expect(outcome.missingBlocks).toEqual([]);
  });

  test("fails before it is read when the scheme cannot do without those spaces", async () => {
    failing("s2");
    await expect(putOnce(20 * MIB, "ec:4+2")).rejects.toMatchObject({
      message: expect.stringContaining('1 space failed and no other can take over\n  space "s2": no'),
    });
  });
});

test("a commit whose answer is lost counts when it happened", async () => {
  const { uploads } = world.catalog;
  const commit = uploads.commit.bind(uploads);
  Object.assign(uploads, {
    async commit(...args: Parameters<typeof commit>) {
      await commit(...args);
      throw new Error("the connection was lost");
    },
  });
  const bytes = randomBytes(100_000);
  const outcome = await client.put({ address, source: bytesSource(bytes), scheme: parseScheme("ec:2+1") });
  expect(outcome.status).toBe("stored");
  expect(Buffer.compare(await get(), bytes)).toBe(0);
  const later = new Date(Date.now() + 1e9);
  expect(await world.catalog.garbage.list({ before: later, limit: 10 })).toEqual([]);
  Object.assign(uploads, {
    async commit() {
      throw new Error("the connection was lost before");
    },
  });
  const again = client.put({ address, source: bytesSource(randomBytes(10)) });
  await expect(again).rejects.toThrow("the connection was lost before");
  expect(Buffer.compare(await get(), bytes)).toBe(0);
});
