import { expect, test } from "vitest";
import { cancelStream } from "../../../core/bytes/cancel_stream.ts";
import { concatStreams } from "../../../core/bytes/concat_streams.ts";
import { chunksOf, patternBytes, testSource } from "./helpers.ts";

test("gives one stream after the other, opening late ones when their turn comes", async () => {
  const [a, b, c] = [patternBytes(3, 1), patternBytes(4, 2), patternBytes(5, 3)];
  const first = testSource([a]);
  let takenAtOpening = -1;
  const chunks = await chunksOf(
    concatStreams([
      first.stream,
      async () => {
        takenAtOpening = first.taken();
        return testSource([b]).stream;
      },
      () => testSource([]).stream,
      testSource([c]).stream,
    ]),
  );
  expect(chunks).toEqual([a, b, c]);
  expect(takenAtOpening).toBe(1);
});

test("cancels the running stream and the waiting ones when the consumer stops", async () => {
  const sources = [testSource([patternBytes(1), patternBytes(1)]), testSource([patternBytes(1)])] as const;
  let opened = false;
  const late = () => {
    opened = true;
    return testSource([]).stream;
  };
  for await (const _ of concatStreams([sources[0].stream, late, sources[1].stream])) break;
  expect(sources.map((source) => source.cancelled())).toEqual([true, true]);
  expect(opened).toBe(false);
});

test("cancels the waiting streams when one fails", async () => {
  const waiting = testSource([patternBytes(1)]);
  const stream = concatStreams([testSource([], new Error("torn")).stream, waiting.stream]);
  await expect(chunksOf(stream)).rejects.toThrow("torn");
  expect(waiting.cancelled()).toBe(true);
});

test("cancelling never throws", async () => {
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("unused")),
      return: () => Promise.reject(new Error("stuck")),
    }),
  };
  await expect(cancelStream(stream)).resolves.toBeUndefined();
});
