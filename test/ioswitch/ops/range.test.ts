import { expect, test } from "vitest";
import { execute } from "../../../ioswitch/executor.ts";
import { range } from "../../../ioswitch/ops/range.ts";
import { testOp } from "../../suites/test_op.ts";
import { TEST_TABLE, toyBuilder, toyBytes } from "../toy_ops.ts";

const body = toyBytes(1, 100);

testOp(range, {
  samples: [
    {
      name: "middle",
      attrs: { offset: 10, length: 20 },
      inputs: [body],
      outputs: [body.slice(10, 30)],
      readsToEnd: false,
    },
    {
      name: "start",
      attrs: { offset: 0, length: 5 },
      inputs: [body],
      outputs: [body.slice(0, 5)],
      readsToEnd: false,
    },
    { name: "to the end", attrs: { offset: 99 }, inputs: [body], outputs: [body.slice(99)] },
    { name: "all", attrs: { offset: 0, length: 100 }, inputs: [body], outputs: [body] },
    {
      name: "nothing",
      attrs: { offset: 500, length: 0 },
      inputs: [body],
      outputs: [new Uint8Array()],
      readsToEnd: false,
    },
  ],
  bad: [
    { attrs: { offset: -1 }, problem: '"offset" must be a whole number of bytes' },
    { attrs: { offset: 0, length: 1.5 }, problem: '"length" must be a whole number of bytes' },
  ],
});

async function rangeOf(attrs: { offset: number; length?: number }): Promise<void> {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 1, bytes: 100, chunkBytes: 9 });
  b.result("sum", b.add("toy.sum", {}, [b.add("range", attrs, [source.out()]).out()]).out());
  await execute(b.build(), { table: TEST_TABLE }).done;
}

test("a short input is an error that says what is missing", async () => {
  await expect(rangeOf({ offset: 90, length: 30 })).rejects.toThrow(
    'Cannot run op "range#1" (range): Cannot take 30 bytes from 90: the stream ended after 100 bytes, 20 are missing',
  );
  await expect(rangeOf({ offset: 101 })).rejects.toThrow("the stream ended after 100 bytes, 1 are missing");
  await rangeOf({ offset: 100 });
});

test("stops its producer as soon as it has the last byte", async () => {
  const b = toyBuilder(1);
  const body = b.add("input", { name: "body", carries: "stream" });
  b.result("out", b.add("range", { offset: 1, length: 2 }, [body.out()]).out());
  let given = 0;
  async function* source() {
    for (;;) yield Uint8Array.of(++given);
  }
  const run = execute(b.build(), { table: TEST_TABLE, inputs: { body: source() } });
  const read: number[] = [];
  for await (const chunk of run.stream("out")) read.push(...chunk);
  await run.done;
  expect(read).toEqual([2, 3]);
  expect(given).toBeLessThanOrEqual(6);
});
