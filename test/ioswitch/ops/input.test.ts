import { expect, test } from "vitest";
import { execute } from "../../../ioswitch/executor.ts";
import type { PlanInputs } from "../../../ioswitch/inputs.ts";
import { input } from "../../../ioswitch/ops/input.ts";
import type { Carries } from "../../../ioswitch/plan.ts";
import { testOp } from "../../suites/test_op.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

testOp(input, {
  samples: [],
  bad: [
    { attrs: { carries: "stream" }, problem: '"name" must be a name' },
    { attrs: { name: "a", carries: "water" }, problem: '"carries" must be "stream" or "value"' },
  ],
});

function read(carries: Carries, inputs: PlanInputs) {
  const b = toyBuilder();
  b.result("out", b.add("input", { name: "body", carries }).out());
  return execute(b.build(), { table: TEST_TABLE, inputs });
}

test("it is at the driver", () => {
  const op = {
    id: "x",
    kind: "input",
    attrs: { name: "a", carries: "value" as const },
    inputs: [],
    at: "hub1",
  };
  expect(input.check(op)).toEqual(['it must be at the driver, not at "hub1"']);
});

test("what the caller gave must be there and of the right kind", async () => {
  async function* stream() {
    yield Uint8Array.of(1);
  }
  await expect(read("value", {}).done).rejects.toThrow('Cannot read input "body": the caller gave none');
  await expect(read("value", { body: stream() }).done).rejects.toThrow("the caller gave no value");
  await expect(read("stream", { body: { not: "a stream" } }).done).rejects.toThrow(
    "the caller gave no stream",
  );
  expect(await read("value", { body: null }).value("out")).toBe(null);
});

test("the caller's failure is the failure of the run", async () => {
  const cause = new Error("the file is gone");
  async function* stream() {
    yield Uint8Array.of(1);
    throw cause;
  }
  const run = read("stream", { body: stream() });
  const iterator = run.stream("out")[Symbol.asyncIterator]();
  await iterator.next().catch(() => {});
  await expect(run.done).rejects.toMatchObject({ opId: "input#1", kind: "input", node: "driver", cause });
});
