import { expect, test } from "vitest";
import { toWebStream } from "../../../core/bytes/to_web_stream.ts";
import { cut, patternBytes, testSource } from "./helpers.ts";

test("is a body for Response, and nothing is read ahead", async () => {
  const bytes = patternBytes(1000);
  const source = testSource(cut(bytes, [100]));
  const web = toWebStream(source.stream);
  expect(source.taken()).toBe(0);
  expect(Buffer.from(await new Response(web).arrayBuffer()).equals(bytes)).toBe(true);
});

test("cancels the source", async () => {
  const source = testSource(cut(patternBytes(10), [1]));
  const reader = toWebStream(source.stream).getReader();
  await reader.read();
  await reader.cancel();
  expect(source.taken()).toBe(1);
  expect(source.cancelled()).toBe(true);
});

test("fails with the source", async () => {
  const web = toWebStream(testSource([patternBytes(1)], new Error("torn")).stream);
  await expect(new Response(web).arrayBuffer()).rejects.toThrow("torn");
});
