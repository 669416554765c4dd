import fc from "fast-check";
import { expect, test } from "vitest";
import { sliceStream } from "../../../core/bytes/slice_stream.ts";
import { chunksOf, cut, patternBytes, testSource } from "./helpers.ts";

test("gives what a plain slice gives, in views, without empty chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.nat(70),
      fc.nat(70),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      async (size, offset, length, lengths) => {
        const bytes = patternBytes(size);
        const chunks = await chunksOf(
          sliceStream(testSource(cut(bytes, lengths)).stream, { offset, length }),
        );
        expect(Buffer.concat(chunks)).toEqual(Buffer.from(bytes.subarray(offset, offset + length)));
        expect(chunks.every((chunk) => chunk.length > 0 && chunk.buffer === bytes.buffer)).toBe(true);
      },
    ),
  );
});

test("lets the source go after the last byte", async () => {
  const source = testSource(cut(patternBytes(40), [10]));
  await chunksOf(sliceStream(source.stream, { offset: 5, length: 15 }));
  expect(source.taken()).toBe(2);
  expect(source.cancelled()).toBe(true);
});
