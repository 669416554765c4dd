import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import type { PutSource } from "../../../core/client.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import type { Layer } from "../../../core/store/layer.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

const MIB = 1024 * 1024;
const address = { bucket: "b", package: "p", path: "object" };

let world: TestClient | undefined;
afterEach(() => world?.close());

/** Gives its bytes a turn of the event loop apart, so that writers wait for them. */
function slowSource(bytes: Uint8Array): PutSource {
  return {
    size: bytes.length,
    reopenable: true,
    async *open() {
      for (let at = 0; at < bytes.length; at += MIB / 4) {
        await setImmediate();
        yield bytes.subarray(at, at + MIB / 4);
      }
    },
  };
}

async function putAndGet(testWorld: TestClient): Promise<readonly string[]> {
  const bytes = randomBytes(9 * MIB + 1);
  const { object, status } = await testWorld.client.put({
    address,
    source: slowSource(bytes),
    scheme: parseScheme("ec:4+2"),
  });
  expect(status).toBe("stored");
  const { body } = await testWorld.client.get({ address });
  expect(Buffer.compare(await collect(body, { bytesMax: bytes.length }), bytes)).toBe(0);
  return object.blocks.map((block) => block.space);
}

const readOnce: Layer = (inner) => ({
  ...inner,
  async write(_path, body): Promise<never> {
    const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await iterator.next();
    // As a service does whose part fails while it gathers the next one.
    iterator.next().catch(() => undefined);
    throw new Error("a part failed");
  },
});

test("a space that gives up while it waits for the next chunk is replaced like any other", async () => {
  world = await createTestClient(7);
  world.wrap("s0", readOnce);
  // Seven puts, so that the space surely is among the first six of one of them.
  for (let i = 0; i < 7; i++) expect(await putAndGet(world)).not.toContain("s0");
});

test("a block that cannot be read back for the take-over counts as lost", async () => {
  world = await createTestClient(9);
  world.wrap("s0", readOnce);
  world.wrap("s1", (inner) => ({
    ...inner,
    async read(): Promise<never> {
      throw new Error("no reading here");
    },
  }));
  for (let i = 0; i < 9; i++) expect(await putAndGet(world)).not.toContain("s0");
});

test("an object that gets a weaker scheme because spaces fail says so", async () => {
  world = await createTestClient(6);
  const put = async (testWorld: TestClient) =>
    testWorld.client.put({ address, source: slowSource(randomBytes(6 * MIB)), scheme: { kind: "auto" } });
  expect(await put(world)).toMatchObject({ status: "stored", warnings: [] });
  for (const name of ["s0", "s1", "s2"]) world.wrap(name, readOnce);
  // The second knows already which spaces fail, and is no better for that.
  for (let i = 0; i < 2; i++) {
    const { object, status, weakerThan } = await put(world);
    expect(object.generation.redundancy).toMatchObject({ kind: "ec", dataShards: 2, parityShards: 1 });
    expect(status).toBe("degraded");
    expect(weakerThan).toMatchObject({ kind: "ec", dataShards: 4, parityShards: 2 });
  }
});
