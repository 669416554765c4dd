import { expect, test } from "vitest";
import { execute } from "../../../ioswitch/executor.ts";
import { length } from "../../../ioswitch/ops/length.ts";
import { testOp } from "../../suites/test_op.ts";
import { TEST_TABLE, toyBuilder, toyBytes } from "../toy_ops.ts";

const body = toyBytes(1, 100);

testOp(length, {
  samples: [
    { name: "bytes", attrs: {}, inputs: [body], outputs: [body, 100] },
    { name: "nothing", attrs: {}, inputs: [new Uint8Array()], outputs: [new Uint8Array(), 0] },
  ],
});

test("counts the whole stream, also when its consumer leaves", async () => {
  const b = toyBuilder(1);
  const source = b.add("toy.bytes", { seed: 1, bytes: 100, chunkBytes: 9 });
  const counted = b.add("length", {}, [source.out()]);
  b.result("out", counted.out(0));
  b.result("bytes", counted.out(1));
  const run = execute(b.build(), { table: TEST_TABLE });
  for await (const _ of run.stream("out")) break;
  expect(await run.value("bytes")).toBe(100);
  await run.done;
});
