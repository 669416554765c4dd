import { expect, test } from "vitest";
import { blockOverheadBytes, blockStream } from "../../../core/block/block_stream.ts";
import { JcsError } from "../../../core/errors.ts";
import { chunksOf, cut, patternBytes, testSource } from "../bytes/helpers.ts";
import { blockBytesOf, testDescriptor } from "./helpers.ts";

const payload = patternBytes(1000);

test("hands the payload through uncopied and asks for the descriptor after it", async () => {
  const source = testSource(cut(payload, [300]));
  const asked: number[] = [];
  const chunks = await chunksOf(
    blockStream(source.stream, {
      checksumChunkBytes: 16,
      descriptor: async (payloadBytes) => {
        asked.push(payloadBytes, source.taken());
        return testDescriptor({ payloadBytes });
      },
    }),
  );
  expect(asked).toEqual([1000, 4]);
  expect(chunks.slice(0, 4).every((chunk) => chunk.buffer === payload.buffer)).toBe(true);
});

test.each([0, 1, 16, 17, 1000])("its length is known before: %d payload bytes", async (payloadBytes) => {
  const descriptor = testDescriptor({ payloadBytes });
  const { hash: _, ...unhashed } = descriptor;
  const bytes = await blockBytesOf(payload.subarray(0, payloadBytes), descriptor);
  expect(blockOverheadBytes(descriptor)).toBe(bytes.length - payloadBytes);
  expect(blockOverheadBytes(unhashed, { hashLater: true })).toBe(bytes.length - payloadBytes);
  expect(blockOverheadBytes(unhashed)).toBeLessThan(bytes.length - payloadBytes);
});

test.each([
  [999, "more than 999 bytes (1000 came)"],
  [1001, "less than 1001 bytes (1000 came)"],
])("refuses a payload that does not have %d bytes", async (expectedPayloadBytes, state) => {
  let asked = false;
  const stream = blockStream(testSource([payload]).stream, {
    expectedPayloadBytes,
    checksumChunkBytes: 16,
    descriptor: async (payloadBytes) => {
      asked = true;
      return testDescriptor({ payloadBytes });
    },
  });
  await expect(chunksOf(stream)).rejects.toThrow(`Cannot write a block: its payload has ${state}`);
  expect(asked).toBe(false);
});

test("does not end well when payload or descriptor fail", async () => {
  const descriptor = async (payloadBytes: number) => testDescriptor({ payloadBytes });
  const torn = testSource([payload], new JcsError("Unreachable", "torn"));
  await expect(
    chunksOf(blockStream(torn.stream, { checksumChunkBytes: 16, descriptor })),
  ).rejects.toMatchObject({
    kind: "Unreachable",
  });
  const failing = () => Promise.reject(new Error("no hash"));
  const stream = blockStream(testSource([payload]).stream, { checksumChunkBytes: 16, descriptor: failing });
  await expect(chunksOf(stream)).rejects.toThrow("no hash");
});

test("refuses a descriptor that says another length, or one that no reader accepts", async () => {
  const wrong = async () => testDescriptor({ payloadBytes: 1 });
  const stream = blockStream(testSource([payload]).stream, { checksumChunkBytes: 16, descriptor: wrong });
  await expect(chunksOf(stream)).rejects.toThrow("Assertion failed");
  const long = testDescriptor({ payloadBytes: 1000, metadata: { a: "x".repeat(2 ** 20) } });
  await expect(blockBytesOf(payload, long)).rejects.toMatchObject({ kind: "Usage" });
});

test("cancels the payload when the writer stops", async () => {
  const source = testSource(cut(payload, [100]));
  const descriptor = async (payloadBytes: number) => testDescriptor({ payloadBytes });
  for await (const _ of blockStream(source.stream, { checksumChunkBytes: 16, descriptor })) break;
  expect(source.cancelled()).toBe(true);
});
