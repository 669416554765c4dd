import { expect, test } from "vitest";
import { exactly } from "../../../core/bytes/exactly.ts";
import { chunksOf, cut, patternBytes, testSource } from "./helpers.ts";

const error = (wrong: { kind: string; bytes: number }) => new Error(`${wrong.kind} ${wrong.bytes}`);

test("passes the right number of bytes on without touching the chunks", async () => {
  const chunks = cut(patternBytes(10), [3]);
  expect(await chunksOf(exactly(testSource(chunks).stream, { size: 10, error }))).toEqual(chunks);
  expect(await chunksOf(exactly(testSource([]).stream, { size: 0, error }))).toEqual([]);
});

test("fails when the stream ends too early", async () => {
  const source = testSource(cut(patternBytes(9), [3]));
  await expect(chunksOf(exactly(source.stream, { size: 10, error }))).rejects.toThrow("shorter 9");
});

test("fails before it hands on a byte too many, and cancels the source", async () => {
  const source = testSource(cut(patternBytes(20), [4]));
  const passed: Uint8Array[] = [];
  await expect(
    (async () => {
      for await (const chunk of exactly(source.stream, { size: 10, error })) passed.push(chunk);
    })(),
  ).rejects.toThrow("longer 12");
  expect(passed.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(8);
  expect(source.cancelled()).toBe(true);
});
