import fc from "fast-check";
import { expect, test } from "vitest";
import { createChecksumTable } from "../../../core/block/checksum_table.ts";
import { verifyChunks } from "../../../core/block/verify_chunks.ts";
import { chunksOf, cut, patternBytes, testSource } from "../bytes/helpers.ts";

function tableOf(payload: Uint8Array, chunkBytes: number): Uint8Array {
  const table = createChecksumTable(chunkBytes);
  table.update(payload);
  return table.finish();
}

const error = (chunk: number) => new Error(`chunk ${chunk}`);

test("passes every payload on, uncopied, however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(400),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 }),
      async (size, chunkBytes, lengths) => {
        const payload = patternBytes(size);
        const stream = testSource(cut(payload, lengths)).stream;
        const options = { table: tableOf(payload, chunkBytes), chunkBytes, error };
        const chunks = await chunksOf(verifyChunks(stream, options));
        expect(Buffer.concat(chunks).equals(payload)).toBe(true);
        expect(chunks.every((chunk) => chunk.length > 0 && chunk.buffer === payload.buffer)).toBe(true);
      },
    ),
  );
});

test("hands on pieces that end at a border as they are", async () => {
  const pieces = cut(patternBytes(64), [32, 16]);
  const options = { table: tableOf(patternBytes(64), 16), chunkBytes: 16, error };
  expect(await chunksOf(verifyChunks(testSource(pieces).stream, options))).toEqual(pieces);
});

test("lets nothing of a damaged chunk out, and everything before it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 }),
      fc.nat(),
      async (size, chunkBytes, lengths, where) => {
        const payload = patternBytes(size);
        const table = tableOf(payload, chunkBytes);
        const at = where % size;
        payload[at]! ^= 0x40;
        const out: Uint8Array[] = [];
        const source = testSource(cut(payload, lengths));
        const damaged = Math.floor(at / chunkBytes);
        await expect(
          (async () => {
            for await (const chunk of verifyChunks(source.stream, { table, chunkBytes, error }))
              out.push(chunk);
          })(),
        ).rejects.toThrow(new Error(`chunk ${damaged}`));
        const bytes = Buffer.concat(out);
        expect(bytes.length).toBeLessThanOrEqual(damaged * chunkBytes);
        expect(bytes.equals(payload.subarray(0, bytes.length))).toBe(true);
      },
    ),
  );
});
