import { expect, test } from "vitest";
import { freeSlots, giveBack, takeBuffer } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../../ioswitch/byte_stream.ts";
import { execute } from "../../../ioswitch/executor.ts";
import { clone } from "../../../ioswitch/ops/clone.ts";
import { runPasses } from "../../../ioswitch/pass_runner.ts";
import { endStreams } from "../../../ioswitch/passes/end_streams.ts";
import { createServices } from "../../../ioswitch/services.ts";
import { testOp } from "../../suites/test_op.ts";
import { PROBE, TEST_TABLE, toyBuilder, toyBytes } from "../toy_ops.ts";

const body = toyBytes(1, 200);

testOp(clone, {
  samples: [
    { name: "two", attrs: { count: 2 }, inputs: [body], outputs: [body, body] },
    { name: "one", attrs: { count: 1 }, inputs: [body], outputs: [body] },
    {
      name: "three of nothing",
      attrs: { count: 3 },
      inputs: [new Uint8Array()],
      outputs: [1, 2, 3].map(() => new Uint8Array()),
    },
  ],
  bad: [
    { attrs: { count: 0 }, problem: '"count" must be a whole number from 1' },
    { attrs: {}, problem: '"count" must be a whole number from 1' },
  ],
});

test("all consumers get the same memory, and it is free only when the last has given it back", async () => {
  const chunk = takeBuffer(100_000);
  const b = toyBuilder();
  const source = b.add("input", { name: "source", carries: "stream" }, []);
  b.result("a", source.out());
  b.result("b", source.out());
  const plan = runPasses(b.build(), [endStreams(TEST_TABLE)], {}, { table: TEST_TABLE }).plan;
  const run = execute(plan, { table: TEST_TABLE, inputs: { source: fromChunks([chunk]) } });
  const [a, other] = await Promise.all([firstChunk(run.stream("a")), firstChunk(run.stream("b"))]);
  expect(a.byteOffset).toBe(chunk.byteOffset);
  expect(other.byteOffset).toBe(chunk.byteOffset);
  const { free } = freeSlots();
  giveBack(a);
  expect(freeSlots().free).toBe(free);
  giveBack(other);
  expect(freeSlots().free).toBe(free + 1);
  await run.done;
});

test("a consumer that leaves does not stop the others", async () => {
  const b = toyBuilder(10);
  const copies = b.add("clone", { count: 2 }, [
    b.add("toy.bytes", { seed: 1, bytes: 200, chunkBytes: 9 }).out(),
  ]);
  b.result("left", copies.out(0));
  b.result("sum", b.add("toy.sum", {}, [copies.out(1)]).out());
  const run = execute(b.build(), { table: TEST_TABLE });
  for await (const _ of run.stream("left")) break;
  expect(await run.value("sum")).toBe(body.reduce((total, byte) => total + byte, 0));
  await run.done;
});

test("when all consumers have left the producer is stopped", async () => {
  const b = toyBuilder(10);
  const copies = b.add("clone", { count: 2 }, [b.add("toy.endless", { chunkBytes: 9 }).out()]);
  b.result("a", copies.out(0));
  b.result("b", copies.out(1));
  const events: string[] = [];
  const services = createServices().with(PROBE, (event) => {
    if (event !== "produced") events.push(event);
  });
  const run = execute(b.build(), { table: TEST_TABLE, services });
  const [first, second] = ["a", "b"].map((name) => run.stream(name)[Symbol.asyncIterator]());
  await first!.next();
  await first!.return?.();
  await second!.next();
  await second!.return?.();
  await run.done;
  expect(events).toEqual(["stopped"]);
});

async function* fromChunks(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

/** Reads all of a stream, and returns its only chunk. */
async function firstChunk(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks).toHaveLength(1);
  return chunks[0]!;
}
