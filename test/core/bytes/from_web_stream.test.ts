import { expect, test } from "vitest";
import { cancelStream } from "../../../core/bytes/cancel_stream.ts";
import { fromWebStream } from "../../../core/bytes/from_web_stream.ts";
import { chunksOf, patternBytes } from "./helpers.ts";

/** A web stream of one-byte chunks that never ends, with an empty one in front; tells whether it was cancelled. */
function endless(): { web: ReadableStream<Uint8Array>; cancelled: () => boolean } {
  let cancelled = false;
  let first = true;
  const web = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(new Uint8Array(first ? 0 : 1));
        first = false;
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { web, cancelled: () => cancelled };
}

test("gives the bytes of a response", async () => {
  const bytes = patternBytes(100_000);
  const chunks = await chunksOf(fromWebStream(new Response(bytes as Uint8Array<ArrayBuffer>).body!));
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test("drops empty chunks and cancels when the consumer stops", async () => {
  const { web, cancelled } = endless();
  for await (const chunk of fromWebStream(web)) {
    expect(chunk.length).toBe(1);
    break;
  }
  expect(cancelled()).toBe(true);
});

test("can be cancelled before it was read", async () => {
  const { web, cancelled } = endless();
  await cancelStream(fromWebStream(web));
  expect(cancelled()).toBe(true);
});

test("fails with the web stream", async () => {
  const web = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error("torn")),
  });
  await expect(chunksOf(fromWebStream(web))).rejects.toThrow("torn");
});
