import { expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import { cut, patternBytes, testSource } from "./helpers.ts";

test("joins chunks up to the bound", async () => {
  const bytes = patternBytes(100);
  const source = testSource(cut(bytes, [7, 1, 30]));
  expect(await collect(source.stream, { bytesMax: 100 })).toEqual(bytes);
});

test("hands on a single chunk as it is", async () => {
  const bytes = patternBytes(9);
  expect(await collect(testSource([bytes]).stream, { bytesMax: 9 })).toBe(bytes);
  expect(await collect(testSource([]).stream, { bytesMax: 0 })).toEqual(new Uint8Array(0));
});

test("cancels a longer stream at the chunk that is too much", async () => {
  const source = testSource(cut(patternBytes(100), [10]));
  await expect(collect(source.stream, { bytesMax: 25 })).rejects.toThrow("more than 25 bytes");
  expect(source.taken()).toBe(3);
  expect(source.cancelled()).toBe(true);
  const again = testSource([patternBytes(2)]);
  await expect(collect(again.stream, { bytesMax: 1, tooLong: () => new Error("mine") })).rejects.toThrow(
    "mine",
  );
});

test("passes the failure of the source on", async () => {
  const source = testSource([patternBytes(2)], new Error("torn"));
  await expect(collect(source.stream, { bytesMax: 10 })).rejects.toThrow("torn");
});
