import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import type { GarbageOutcome } from "../../../core/client.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import { createTestClient, type TestClient } from "../objects/test_client.ts";

let world: TestClient;
beforeEach(async () => {
  world = await createTestClient(4);
});
afterEach(() => world.close());

async function put(path: string, bytes = randomBytes(10_000)) {
  const source = {
    size: bytes.length,
    reopenable: true,
    async *open() {
      yield bytes;
    },
  };
  const address = { bucket: "b", package: "p", path };
  return (await world.client.put({ address, source, scheme: parseScheme("ec:2+1") })).object;
}

/** Every block file on the spaces. */
async function files(): Promise<string[]> {
  const found: string[] = [];
  for (const space of world.spaces)
    for await (const { path } of (await world.store(space)).list("jcs/blocks"))
      found.push(`${space} ${path}`);
  return found.toSorted();
}

async function gc(graceMs = 0): Promise<GarbageOutcome[]> {
  const outcomes: GarbageOutcome[] = [];
  for await (const outcome of world.client.collectGarbage({ graceMs })) outcomes.push(outcome);
  return outcomes;
}

const removedOf = (outcomes: readonly GarbageOutcome[]) =>
  outcomes.reduce((sum, { removed }) => sum + removed, 0);

test("removes exactly the blocks of removed and replaced objects", async () => {
  const kept = await put("kept");
  await put("replaced");
  const current = await put("replaced");
  const removed = await put("removed");
  await world.client.remove(removed.address);
  expect(await files()).toHaveLength(12);
  expect(removedOf(await gc())).toBe(6);
  const live = [...kept.blocks, ...current.blocks].map(({ space, path }) => `${space} ${path}`);
  expect(await files()).toEqual(live.toSorted());
  expect(await gc()).toEqual([]);
});

test("leaves blocks that another object shares, until that goes too", async () => {
  const object = await put("one");
  const copy = { ...object.address, path: "two" };
  await world.client.copy(object.address, copy);
  await world.client.remove(object.address);
  expect(await gc()).toEqual([]);
  const { body } = await world.client.get({ address: copy });
  expect(await collect(body, { bytesMax: 20_000 })).toHaveLength(10_000);
  await world.client.remove(copy);
  expect(removedOf(await gc())).toBe(3);
  expect(await files()).toEqual([]);
});

test("leaves what was retired lately", async () => {
  await world.client.remove((await put("one")).address);
  expect(await gc(60_000)).toEqual([]);
  expect(await files()).toHaveLength(3);
});

test("collects uploads that ended without a commit, and leaves those under way", async () => {
  const { uploads } = world.catalog;
  const place = (space: string) => ({ index: 0, space, path: `jcs/blocks/00/${"0".repeat(32)}.0` });
  const begin = async (generation: string, leaseUntil: Date, space: string) => {
    await uploads.begin({
      generation,
      address: { bucket: "b", package: "p", path: generation },
      blocks: [place(space)],
      leaseUntil,
    });
    await (await world.store(space)).write(place(space).path, randomBytes(10));
  };
  await begin("1".repeat(32), new Date(Date.now() - 1000), "s0");
  await begin("2".repeat(32), new Date(Date.now() + 60_000), "s1");
  expect(await gc()).toEqual([{ space: "s0", removed: 1 }]);
  expect(await files()).toEqual([`s1 ${place("s1").path}`]);
});

test("a space that fails keeps its garbage on record and does not stop the others", async () => {
  await world.client.remove((await put("one")).address);
  let broken = true;
  world.wrap("s1", (inner) => ({
    ...inner,
    async remove(path, options) {
      if (broken) throw new Error("no");
      await inner.remove(path, options);
    },
  }));
  const before = await files();
  const outcomes = await gc();
  const onBroken = before.filter((file) => file.startsWith("s1")).length;
  expect(removedOf(outcomes)).toBe(3 - onBroken);
  expect(outcomes.filter(({ error }) => error).map(({ space }) => space)).toEqual(onBroken > 0 ? ["s1"] : []);
  broken = false;
  expect(removedOf(await gc())).toBe(onBroken);
  expect(await files()).toEqual([]);
});
