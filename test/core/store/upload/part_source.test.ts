import fc from "fast-check";
import { expect, test } from "vitest";
import { type PartSource, partsOfBytes, partsOfStream } from "../../../../core/store/upload/part_source.ts";

/** Takes all parts, giving the memory of each back at once, as a fast network would. */
async function lengthsAndBytes(source: PartSource, partBytes: number) {
  const lengths: number[] = [];
  const bytes: number[] = [];
  for (let part = await source.next(partBytes); part !== undefined; part = await source.next(partBytes)) {
    lengths.push(part.length);
    bytes.push(...part);
    source.recycle(part);
  }
  return { lengths, bytes };
}

test("parts are full but the last, and hold the bytes in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1 })),
      fc.integer({ min: 1, max: 20 }),
      async (chunks, partBytes) => {
        const all = Buffer.concat(chunks);
        const left = [...chunks];
        const stream = partsOfStream({ next: async () => left.shift(), end() {} });
        const lengths = Array.from({ length: Math.ceil(all.length / partBytes) }, (_, index) =>
          Math.min(partBytes, all.length - index * partBytes),
        );
        expect(await lengthsAndBytes(stream, partBytes)).toEqual({ lengths, bytes: [...all] });
        expect(await lengthsAndBytes(partsOfBytes(all), partBytes)).toEqual({ lengths, bytes: [...all] });
      },
    ),
  );
});

test("a part that was not given back is not written over", async () => {
  const chunks = [new Uint8Array([1, 2]), new Uint8Array([3, 4])];
  const source = partsOfStream({ next: async () => chunks.shift(), end() {} });
  const first = await source.next(2);
  await source.next(2);
  expect(first).toEqual(new Uint8Array([1, 2]));
});
