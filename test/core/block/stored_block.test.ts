import { mkdtemp, open, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockPath } from "../../../core/block/block_path.ts";
import { blockOverheadBytes, blockStream } from "../../../core/block/block_stream.ts";
import { newGeneration } from "../../../core/block/generation.ts";
import { openBlock } from "../../../core/block/open_block.ts";
import { collect } from "../../../core/bytes/collect.ts";
import { fromBytes } from "../../../core/bytes/from_bytes.ts";
import { createHasher } from "../../../core/bytes/hasher.ts";
import { openStore } from "../../../core/store/open_store.ts";
import type { Store } from "../../../core/store/store.ts";
import { patternBytes } from "../bytes/helpers.ts";
import { testDescriptor } from "./helpers.ts";

const payload = patternBytes(2_500_000);
const bytesMax = Number.MAX_SAFE_INTEGER;

let directory: string;
const stores = new Map<string, Store>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-block-"));
  stores.set("fs", await openStore(`fs://${directory}`, { environment: {} }));
  stores.set("memory", await openStore(`memory://block-${newGeneration()}`, { environment: {} }));
});

afterAll(async () => {
  for (const store of stores.values()) await store.close();
  await rm(directory, { recursive: true });
});

/** Writes the payload as a block whose hash is known only at its end, as put does. */
async function writeBlock(store: Store): Promise<{ path: string; blockBytes: number; hash: string }> {
  const { hash: _, ...unhashed } = testDescriptor({
    generation: newGeneration(),
    payloadBytes: payload.length,
    checksumChunkBytes: 65536,
  });
  const blockBytes = payload.length + blockOverheadBytes(unhashed, { hashLater: true });
  const path = blockPath(unhashed.generation, unhashed.index);
  const hasher = createHasher({ algorithm: "sha256", sizeBytes: payload.length });
  async function* hashed() {
    for await (const chunk of fromBytes(payload)) {
      await hasher.update(chunk);
      yield chunk;
    }
  }
  let hash = "";
  const stream = blockStream(hashed(), {
    checksumChunkBytes: 65536,
    expectedPayloadBytes: payload.length,
    descriptor: async () => {
      hash = await hasher.digest();
      return { ...unhashed, hash };
    },
  });
  await store.write(path, stream, { size: blockBytes });
  return { path, blockBytes, hash };
}

describe.each(["memory", "fs"])("on %s", (name) => {
  test("a block goes in with its length said before, and comes out", async () => {
    const store = stores.get(name)!;
    const { path, blockBytes, hash } = await writeBlock(store);
    expect((await store.stat(path)).size).toBe(blockBytes);
    const block = await openBlock(store, path, { blockBytes, payloadBytes: payload.length });
    expect(block.descriptor.hash).toBe(hash);
    const all = await collect(block.read(0, payload.length), { bytesMax });
    expect(Buffer.from(all).equals(payload)).toBe(true);
    const part = await collect(block.read(999_999, 70_000), { bytesMax });
    expect(Buffer.from(part).equals(payload.subarray(999_999, 1_069_999))).toBe(true);
  });

  test("a missing block is NotFound", async () => {
    const path = blockPath(newGeneration(), 0);
    for (const known of [{}, { blockBytes: 1000, payloadBytes: 900 }]) {
      await expect(openBlock(stores.get(name)!, path, known)).rejects.toMatchObject({ kind: "NotFound" });
    }
  });
});

test("damage on the disk is found where it is, and a cut file, too", async () => {
  const store = stores.get("fs")!;
  const { path, blockBytes } = await writeBlock(store);
  const known = { blockBytes, payloadBytes: payload.length, space: "disk" };
  const file = await open(join(directory, path), "r+");
  await file.write(new Uint8Array([payload[1_500_000]! ^ 1]), 0, 1, 1_500_000);
  await file.close();
  const block = await openBlock(store, path, known);
  await collect(block.read(0, 1_400_000), { bytesMax });
  await expect(collect(block.read(1_400_000, 200_000), { bytesMax })).rejects.toMatchObject({
    kind: "Corrupt",
    message: `Cannot read "${path}" from space "disk": payload bytes 1441792 to 1507327 do not match their checksum`,
  });
  await truncate(join(directory, path), 1_000_000);
  await expect(openBlock(store, path)).rejects.toMatchObject({ kind: "Corrupt" });
  await expect(openBlock(store, path, known)).rejects.toMatchObject({ kind: "Corrupt" });
  await expect(collect(block.read(900_000, 200_000), { bytesMax })).rejects.toMatchObject({
    kind: "Corrupt",
    message: `Cannot read "${path}" from space "disk": it ends after 1000000 bytes`,
  });
});
