import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import { withLayers } from "../../../core/store/layer.ts";
import { faults } from "../../../core/store/layers/faults.ts";
import { readCache } from "../../../core/store/layers/read_cache.ts";
import { openCacheFiles } from "../../../core/store/layers/read_cache_files.ts";
import type { Store } from "../../../core/store/store.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

const MIB = 1024 * 1024;
const address = { bucket: "b", package: "p", path: "o" };
const content = Buffer.alloc(3 * MIB + 5, "0123456789");
const makeDirectory = temporaryDirectories();
let world: TestClient;
beforeEach(async () => {
  world = await createTestClient(3);
});
afterEach(() => world.close());

async function get() {
  const workarounds: string[] = [];
  const { body } = await world.client.get({
    address,
    onEvent: (event) => {
      if (event.type === "workaround") workarounds.push(event.message);
    },
  });
  const bytes = await collect(body, { bytesMax: 8 * MIB });
  expect(Buffer.compare(bytes, content)).toBe(0);
  return workarounds;
}

test("what was damaged on the way once is not served from the cache for ever", async () => {
  await world.client.put({
    address,
    scheme: parseScheme("ec:2+1"),
    source: {
      size: content.length,
      reopenable: true,
      async *open() {
        for (let at = 0; at < content.length; at += MIB) yield content.subarray(at, at + MIB);
      },
    },
  });
  const files = openCacheFiles(makeDirectory(), 64 * MIB);
  const flips = faults([
    { operation: "read", path: /\.0$/, times: 1, after: 1, fault: { kind: "flip", at: 1000 } },
  ]);
  const cached = new Map<Store, Store>();
  for (const space of world.spaces) {
    world.wrap(space, (inner) => {
      const known = cached.get(inner) ?? withLayers(inner, [readCache({ files, ttlMs: 0 }), flips]);
      cached.set(inner, known);
      return known;
    });
  }
  expect(await get()).toHaveLength(1);
  expect(await get()).toEqual([]);
  expect(await get()).toEqual([]);
});
