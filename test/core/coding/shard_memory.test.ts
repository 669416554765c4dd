import { describe, expect, test } from "vitest";
import { createShardMemory, memoryOf } from "../../../core/coding/shard_memory.ts";
import { seededRandom } from "../../suites/test_code.ts";
import { checkSharedMemory } from "./check_shared_memory.ts";

describe("createShardMemory", () => {
  test("leases until it is full, and again after a release", () => {
    const memory = createShardMemory({ bytes: 65_536 });
    const first = memory.lease(3, 8192)!;
    const second = memory.lease(3, 8192)!;
    expect(first.buffers.map((buffer) => buffer.length)).toEqual([8192, 8192, 8192]);
    expect(memory.lease(3, 8192)).toBeUndefined();
    first.release();
    first.release();
    expect(memory.bytesInUse).toBeLessThan(40_000);
    expect(memory.lease(3, 8192)).toBeDefined();
    second.release();
  });

  test("shards of one offset do not meet in the cache", () => {
    const [one, two] = createShardMemory({ bytes: 1 << 20 }).lease(2, 65_536)!.buffers;
    expect((two!.byteOffset - one!.byteOffset) % 4096).not.toBe(0);
  });

  test("leases never overlap, and all memory comes back, whatever the order", () => {
    const memory = createShardMemory({ bytes: 1 << 18 });
    const random = seededRandom(3);
    const leases: { readonly buffers: readonly Uint8Array[]; readonly mark: number; release(): void }[] = [];
    for (let round = 0; round < 400; round += 1) {
      if (random() < 0.55) {
        const lease = memory.lease(1 + Math.floor(random() * 5), 1 + Math.floor(random() * 20_000));
        if (lease === undefined) continue;
        const mark = round % 256;
        for (const buffer of lease.buffers) buffer.fill(mark);
        leases.push({ ...lease, mark });
      } else {
        const [lease] = leases.splice(Math.floor(random() * leases.length), 1);
        if (lease === undefined) continue;
        expect(lease.buffers.every((buffer) => buffer.every((byte) => byte === lease.mark))).toBe(true);
        lease.release();
      }
    }
    for (const lease of leases) lease.release();
    expect(memory.bytesInUse).toBe(0);
    expect(memory.lease(1, memory.bytesTotal - 4096)).toBeDefined();
  });

  test("knows its views", () => {
    const memory = createShardMemory({ bytes: 1 });
    expect(memory.bytesTotal).toBe(65_536);
    expect(memoryOf(memory.lease(1, 100)!.buffers[0]!.buffer)).toBe(memory.memory);
    expect(memoryOf(new Uint8Array(1).buffer)).toBeUndefined();
  });

  test("refuses sizes that make no sense", () => {
    const usage = expect.objectContaining({ kind: "Usage" });
    for (const bytes of [0, -1, Number.NaN, 2 ** 33])
      expect(() => createShardMemory({ bytes })).toThrow(usage);
    const memory = createShardMemory({ bytes: 65_536 });
    for (const [count, bytes] of [
      [0, 1],
      [1, 0],
      [1.5, 1],
      [1, Number.NaN],
    ] as const) {
      expect(() => memory.lease(count, bytes)).toThrow(usage);
    }
  });

  test("a shared one serves a worker", async () => {
    await checkSharedMemory();
  });
});
