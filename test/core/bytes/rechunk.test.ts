import fc from "fast-check";
import { expect, test } from "vitest";
import { rechunk } from "../../../core/bytes/rechunk.ts";
import { chunksOf, cut, patternBytes, testSource } from "./helpers.ts";

test("gives the same bytes in chunks of one length, the last one short", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(200),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }),
      async (size, chunkBytes, lengths) => {
        const bytes = patternBytes(size);
        const chunks = await chunksOf(rechunk(testSource(cut(bytes, lengths)).stream, chunkBytes));
        expect(Buffer.concat(chunks)).toEqual(Buffer.from(bytes));
        expect(chunks.slice(0, -1).every((chunk) => chunk.length === chunkBytes)).toBe(true);
        expect(chunks.at(-1)?.length ?? 0).toBe(size === 0 ? 0 : size % chunkBytes || chunkBytes);
      },
    ),
  );
});

test("copies only what lies across a border", async () => {
  const bytes = patternBytes(64);
  const chunks = await chunksOf(rechunk(testSource(cut(bytes, [32, 8, 24])).stream, 16));
  expect(chunks.map((chunk) => chunk.buffer === bytes.buffer)).toEqual([true, true, false, true]);
});

test("never changes a chunk that it has handed on", async () => {
  const bytes = patternBytes(60);
  const seen: [Uint8Array, string][] = [];
  for await (const chunk of rechunk(testSource(cut(bytes, [7])).stream, 10)) {
    seen.push([chunk, Buffer.from(chunk).toString("hex")]);
  }
  for (const [chunk, hex] of seen) expect(Buffer.from(chunk).toString("hex")).toBe(hex);
});

test("cancels the source when the consumer stops, and passes its failure on", async () => {
  const source = testSource(cut(patternBytes(60), [30]));
  for await (const _ of rechunk(source.stream, 10)) break;
  expect(source.cancelled()).toBe(true);
  await expect(chunksOf(rechunk(testSource([patternBytes(1)], new Error("torn")).stream, 4))).rejects.toThrow(
    "torn",
  );
});
