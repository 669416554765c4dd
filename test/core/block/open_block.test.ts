import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { BlockDescriptor } from "../../../core/block/descriptor.ts";
import { openBlock } from "../../../core/block/open_block.ts";
import { collect } from "../../../core/bytes/collect.ts";
import { JcsError } from "../../../core/errors.ts";
import type { Store } from "../../../core/store/store.ts";
import { patternBytes } from "../bytes/helpers.ts";
import { blockBytesOf, fakeStore, testDescriptor } from "./helpers.ts";

const bytesMax = Number.MAX_SAFE_INTEGER;

/** One block for many tests. */
interface Sample {
  readonly payload: Uint8Array;
  readonly descriptor: BlockDescriptor;
  readonly bytes: Uint8Array;
}

async function sample(payloadBytes: number, checksumChunkBytes: number): Promise<Sample> {
  const payload = patternBytes(payloadBytes);
  const descriptor = testDescriptor({ payloadBytes, checksumChunkBytes });
  return { payload, descriptor, bytes: await blockBytesOf(payload, descriptor) };
}

let small: Sample;
let large: Sample;
/** Its checksum table does not fit into the last 64 KiB. */
let longTable: Sample;
/** Its checksum table is too long to be held. */
let hugeTable: Sample;

beforeAll(async () => {
  small = await sample(1000, 64);
  large = await sample(3_000_000, 65536);
  longTable = await sample(600_000, 16);
  hugeTable = await sample(1_200_000, 1);
});

describe("requests", () => {
  const known = ({ bytes, descriptor }: Sample) => ({
    blockBytes: bytes.length,
    payloadBytes: descriptor.payloadBytes,
    expected: { generation: descriptor.generation, index: descriptor.index },
  });

  test("a small block comes whole with one", async () => {
    const { store, requests } = fakeStore("b", small.bytes);
    const block = await openBlock(store, "b", { blockBytes: small.bytes.length });
    expect(await collect(block.read(0, 1000), { bytesMax })).toEqual(small.payload);
    expect(requests).toEqual([`read 0+${small.bytes.length}`]);
  });

  test("a large one takes the exact tail, and then what was asked for in whole checksum chunks", async () => {
    const { store, requests } = fakeStore("b", large.bytes);
    const block = await openBlock(store, "b", known(large));
    await collect(block.read(70_000, 100), { bytesMax });
    await collect(block.read(0, 3_000_000), { bytesMax });
    expect(requests).toEqual([
      `read 3000000+${large.bytes.length - 3_000_000}`,
      "read 65536+65536",
      "read 0+3000000",
    ]);
  });

  test("of an unknown one, a stat and the last 64 KiB", async () => {
    const { store, requests } = fakeStore("b", large.bytes);
    await openBlock(store, "b");
    expect(requests).toEqual(["stat", `read ${large.bytes.length - 65536}+65536`]);
  });

  test("a second read when the tail is longer than that", async () => {
    const { store, requests } = fakeStore("b", longTable.bytes);
    await openBlock(store, "b");
    expect(requests).toHaveLength(3);
    expect(requests[2]).toBe(`read 600000+${longTable.bytes.length - 600_032}`);
    const again = fakeStore("b", longTable.bytes);
    await openBlock(again.store, "b", known(longTable));
    expect(again.requests).toHaveLength(1);
  });

  test("nothing is asked for before the first pull, or for nothing", async () => {
    const { store, requests } = fakeStore("b", large.bytes);
    const block = await openBlock(store, "b", known(large));
    block.read(0, 10);
    expect(await collect(block.read(5, 0), { bytesMax })).toHaveLength(0);
    expect(requests).toHaveLength(1);
  });
});

describe("ranges", () => {
  test.each(["small", "large", "longTable"] as const)(
    "of a %s block are those of a plain slice",
    async (name) => {
      const { payload, bytes } = { small, large, longTable }[name];
      await fc.assert(
        fc.asyncProperty(
          fc.nat(payload.length),
          fc.nat(payload.length),
          fc.integer({ min: 1000, max: 1 << 20 }),
          fc.boolean(),
          async (one, other, pieceBytes, near) => {
            const offset = Math.min(one, other);
            const length = near ? Math.min(Math.abs(one - other), 200) : Math.abs(one - other);
            const block = await openBlock(fakeStore("b", bytes, { pieceBytes }).store, "b");
            const read = await collect(block.read(offset, length), { bytesMax });
            expect(Buffer.from(read).equals(payload.subarray(offset, offset + length))).toBe(true);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  test("outside of the payload are a mistake of the caller", async () => {
    const block = await openBlock(fakeStore("b", small.bytes).store, "b");
    await expect(collect(block.read(999, 2), { bytesMax })).rejects.toThrow("Assertion failed");
  });

  test("what a reader does to its bytes does not show in the next read", async () => {
    const block = await openBlock(fakeStore("b", small.bytes).store, "b");
    for await (const chunk of block.read(0, 1000)) chunk.fill(0);
    expect(await collect(block.read(0, 1000), { bytesMax })).toEqual(small.payload);
  });
});

describe("a checksum table too long to be held", () => {
  test("is read where it is needed", async () => {
    const { store, requests } = fakeStore("b", hugeTable.bytes);
    const block = await openBlock(store, "b");
    expect(requests).toHaveLength(3);
    expect(await collect(block.read(1_100_000, 5), { bytesMax })).toEqual(
      hugeTable.payload.subarray(1_100_000, 1_100_005),
    );
    expect(requests.slice(3)).toEqual([`read ${1_200_000 + 4 * 1_100_000}+20`, "read 1100000+5"]);
    const whole = await collect(block.read(0, 1_200_000), { bytesMax });
    expect(Buffer.from(whole).equals(hugeTable.payload)).toBe(true);
  });

  test("is verified when the block is opened", async () => {
    const bytes = Uint8Array.from(hugeTable.bytes);
    bytes[2_000_000]! ^= 1;
    await expect(openBlock(fakeStore("b", bytes).store, "b")).rejects.toMatchObject({ kind: "Corrupt" });
  });
});

describe("failures", () => {
  test("damage names space, path, block, generation and bytes; what comes before it comes out", async () => {
    const bytes = Uint8Array.from(large.bytes);
    bytes[2_000_000]! ^= 1;
    const { store } = fakeStore("b", bytes);
    const block = await openBlock(store, "b", { space: "oss-bj" });
    let passed = 0;
    await expect(
      (async () => {
        for await (const chunk of block.read(0, 3_000_000)) passed += chunk.length;
      })(),
    ).rejects.toMatchObject({
      kind: "Corrupt",
      retry: "never",
      message:
        'Cannot read "b" from space "oss-bj": payload bytes 1966080 to 2031615 do not match their checksum',
      where: { space: "oss-bj", path: "b", block: 2, generation: large.descriptor.generation },
    });
    expect(passed).toBe(1_048_576);
  });

  test("a payload that ends early while it is read is corrupt", async () => {
    let { bytes } = large;
    const { store } = fakeStore("b", bytes);
    const read: Store["read"] = (path, range) => fakeStore("b", bytes).store.read(path, range);
    const block = await openBlock({ ...store, read }, "b");
    bytes = bytes.subarray(0, 100_000);
    await expect(collect(block.read(0, 3_000_000), { bytesMax })).rejects.toMatchObject({
      kind: "Corrupt",
      message: 'Cannot read "b": it ends after 100000 bytes',
    });
  });

  test("a block that is shorter than was recorded is corrupt, and its end is not made up", async () => {
    const { store } = fakeStore("b", large.bytes.subarray(0, 1000));
    const options = { blockBytes: large.bytes.length, payloadBytes: 3_000_000 };
    await expect(openBlock(store, "b", options)).rejects.toMatchObject({
      kind: "Corrupt",
      message: expect.stringMatching(/^Cannot read "b": it ends before byte 30\d+$/),
    });
  });

  test("a store that gives more than it was asked for is found out", async () => {
    const { store } = fakeStore("b", large.bytes);
    const read: Store["read"] = (path) => store.read(path);
    await expect(openBlock({ ...store, read }, "b")).rejects.toMatchObject({ kind: "Unexpected" });
  });

  test("NotFound passes on, with the place", async () => {
    for (const options of [{}, { blockBytes: 700 }]) {
      const { store } = fakeStore("elsewhere", small.bytes);
      await expect(openBlock(store, "b", { ...options, space: "oss-bj" })).rejects.toMatchObject({
        kind: "NotFound",
        where: { space: "oss-bj", path: "b" },
      });
    }
  });

  test("errors of the store keep their kind and get the place, also mid-stream", async () => {
    const { store } = fakeStore("b", large.bytes);
    let torn = false;
    const read: Store["read"] = async (path, range) => {
      const stream = await store.read(path, range);
      return (async function* () {
        for await (const chunk of stream) {
          yield chunk;
          if (torn) throw new JcsError("Unreachable", "torn", { retry: "later" });
        }
      })();
    };
    const block = await openBlock({ ...store, read }, "b");
    torn = true;
    await expect(collect(block.read(0, 3_000_000), { bytesMax })).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
      where: { path: "b", block: 2 },
    });
  });

  test("lengths that the catalogue does not agree with are corrupt", async () => {
    const { store } = fakeStore("b", small.bytes);
    await expect(openBlock(store, "b", { payloadBytes: 999 })).rejects.toMatchObject({
      kind: "Corrupt",
      message: 'Cannot read "b": its payload has 1000 bytes, not 999',
    });
    const wrongLength = openBlock(store, "b", { blockBytes: small.bytes.length + 1 });
    await expect(wrongLength).rejects.toMatchObject({ kind: "Corrupt" });
  });

  test("bytes too many in front are found, although the number of checksum chunks is right", async () => {
    const bytes = Buffer.concat([Buffer.alloc(10), small.bytes]);
    await expect(openBlock(fakeStore("b", bytes).store, "b")).rejects.toMatchObject({
      kind: "Corrupt",
      message: `Cannot read "b": it has ${bytes.length} bytes, which is not the length that it was written with`,
    });
  });

  test("the signal reaches every call of the store", async () => {
    const signal = AbortSignal.abort();
    const { store } = fakeStore("b", large.bytes);
    const cancelled = (options: { signal?: AbortSignal } | undefined) => {
      if (options?.signal?.aborted) throw new JcsError("Cancelled", "stopped");
    };
    const checked = {
      ...store,
      stat: async (path: string, options?: { signal?: AbortSignal }) => {
        cancelled(options);
        return await store.stat(path);
      },
      read: async (path: string, options?: { signal?: AbortSignal }) => {
        cancelled(options);
        return await store.read(path, options);
      },
    };
    await expect(openBlock(checked, "b", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    const blockBytes = large.bytes.length;
    await expect(openBlock(checked, "b", { signal, blockBytes })).rejects.toMatchObject({
      kind: "Cancelled",
    });
  });
});
