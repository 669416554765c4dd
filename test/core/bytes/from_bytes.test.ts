import { expect, test } from "vitest";
import { fromBytes } from "../../../core/bytes/from_bytes.ts";
import { chunksOf, patternBytes } from "./helpers.ts";

test("gives views of the bytes, at most chunkBytes each", async () => {
  const bytes = patternBytes(10);
  const chunks = await chunksOf(fromBytes(bytes, { chunkBytes: 4 }));
  expect(chunks.map((chunk) => chunk.length)).toEqual([4, 4, 2]);
  expect(chunks.every((chunk) => chunk.buffer === bytes.buffer)).toBe(true);
  expect(Buffer.concat(chunks)).toEqual(Buffer.from(bytes));
});

test("gives no chunk for no bytes", async () => {
  expect(await chunksOf(fromBytes(new Uint8Array(0)))).toEqual([]);
});
