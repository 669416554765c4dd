import { expect, test } from "vitest";
import { execute } from "../../../ioswitch/executor.ts";
import { clone } from "../../../ioswitch/ops/clone.ts";
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

test("a consumer may change its chunks; the others do not see it", async () => {
  const b = toyBuilder();
  const copies = b.add("clone", { count: 2 }, [
    b.add("toy.bytes", { seed: 1, bytes: 200, chunkBytes: 9 }).out(),
  ]);
  b.result("changed", b.add("toy.sum", {}, [b.add("toy.add", { amount: 1 }, [copies.out(0)]).out()]).out());
  b.result("plain", b.add("toy.sum", {}, [copies.out(1)]).out());
  const run = execute(b.build(), { table: TEST_TABLE });
  const sum = body.reduce((total, byte) => total + byte, 0);
  expect(await run.value("plain")).toBe(sum);
  expect(await run.value("changed")).toBe(body.reduce((total, byte) => total + ((byte + 1) & 255), 0));
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
