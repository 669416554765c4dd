import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { BlockDescriptor } from "../../../core/block/descriptor.ts";
import { openBlock } from "../../../core/block/open_block.ts";
import { collect } from "../../../core/bytes/collect.ts";
import { isKind } from "../../../core/errors.ts";
import { patternBytes } from "../bytes/helpers.ts";
import { blockBytesOf, fakeStore, testDescriptor } from "./helpers.ts";

/** Blocks whose bytes are fixed for ever. A new format version adds files; it never rewrites these. */
const GOLDEN: readonly { name: string; payload: Uint8Array; descriptor: BlockDescriptor }[] = [
  {
    name: "none_empty",
    payload: new Uint8Array(0),
    descriptor: testDescriptor({ payloadBytes: 0, index: 0, redundancy: { kind: "none" }, metadata: {} }),
  },
  {
    name: "rep_100_bytes",
    payload: patternBytes(100, 7),
    descriptor: testDescriptor({ payloadBytes: 100, modifiedAt: new Date("2025-12-31T23:59:59Z") }),
  },
  {
    name: "ec_256_bytes",
    payload: patternBytes(256, 9),
    descriptor: testDescriptor({
      payloadBytes: 256,
      index: 5,
      size: 1000,
      objectId: "o-1",
      checksumChunkBytes: 64,
      redundancy: {
        kind: "ec",
        dataShards: 4,
        parityShards: 2,
        chunkBytes: 1048576,
        code: "cauchy16/1",
      },
    }),
  },
];

const file = (name: string): URL => new URL(`../../../fixtures/block/v1_${name}.block`, import.meta.url);

test.each(GOLDEN)("$name is written byte for byte as ever", async ({ name, payload, descriptor }) => {
  const bytes = await blockBytesOf(payload, descriptor);
  if (process.env["UPDATE"] === "1") await writeFile(file(name), bytes);
  expect(Buffer.from(bytes).equals(await readFile(file(name)))).toBe(true);
});

test.each(GOLDEN)("$name is read back", async ({ name, payload, descriptor }) => {
  const { store } = fakeStore("b", await readFile(file(name)));
  const block = await openBlock(store, "b");
  expect(block.descriptor).toEqual(descriptor);
  expect(await collect(block.read(0, block.payloadBytes), { bytesMax: 1000 })).toEqual(payload);
});

/** Opens and reads everything, the way get does and the way a scrub without a catalogue does. */
async function readBoth(bytes: Uint8Array, golden: (typeof GOLDEN)[number], blockBytes: number) {
  const { generation, index, payloadBytes } = golden.descriptor;
  const outcomes: ("refused" | "intact")[] = [];
  for (const known of [{}, { blockBytes, payloadBytes, expected: { generation, index } }]) {
    try {
      const block = await openBlock(fakeStore("b", bytes).store, "b", known);
      const payload = await collect(block.read(0, block.payloadBytes), { bytesMax: 1000 });
      expect(block.descriptor).toEqual(golden.descriptor);
      expect(payload).toEqual(golden.payload);
      outcomes.push("intact");
    } catch (error) {
      if (!isKind(error, "Corrupt", "Unsupported")) throw error;
      expect(error.where.path).toBe("b");
      outcomes.push("refused");
    }
  }
  return outcomes;
}

test.each(GOLDEN)("$name: any flipped bit is found", async (golden) => {
  const bytes = await readFile(file(golden.name));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(await readBoth(flipped, golden, bytes.length), `bit ${bit}`).toEqual(["refused", "refused"]);
  }
});

test.each(GOLDEN)("$name: cut anywhere, it is refused", async (golden) => {
  const bytes = await readFile(file(golden.name));
  for (let length = 0; length < bytes.length; length++) {
    const outcomes = await readBoth(bytes.subarray(0, length), golden, bytes.length);
    expect(outcomes, `${length} bytes`).toEqual(["refused", "refused"]);
  }
});

test("a block that lies in the place of another is refused, and the error says which it is", async () => {
  const bytes = await readFile(file("rep_100_bytes"));
  const { generation } = GOLDEN[1]!.descriptor;
  const swapped = openBlock(fakeStore("b", bytes).store, "b", {
    space: "oss-bj",
    expected: { generation, index: 1 },
  });
  await expect(swapped).rejects.toMatchObject({
    kind: "Corrupt",
    message: `Cannot read "b" from space "oss-bj": it is block 2 of generation ${generation}, not block 1 of ${generation}`,
    where: { space: "oss-bj", path: "b", block: 1, generation },
  });
  const other = openBlock(fakeStore("b", bytes).store, "b", {
    expected: { generation: "0".repeat(32), index: 2 },
  });
  await expect(other).rejects.toMatchObject({ kind: "Corrupt", where: { generation: "0".repeat(32) } });
});

test("a block of a newer format is refused with a way out", async () => {
  const bytes = Uint8Array.from(await readFile(file("rep_100_bytes")));
  bytes[bytes.length - 16] = 2;
  await expect(openBlock(fakeStore("b", bytes).store, "b")).rejects.toMatchObject({
    kind: "Unsupported",
    message: 'Cannot read "b": format version 2 is not known to this program. Use a newer jcs',
  });
});
