import { expect, test } from "vitest";
import { createPlanBuilder } from "../../ioswitch/plan_builder.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

test("ids count up by kind, and the plan is plain data", () => {
  const b = toyBuilder(1000);
  const one = b.add("constant", { value: 1 });
  const two = b.add("constant", { value: 2 }, [], { at: "hub1" });
  const sum = b.add("toy.plus", { count: 2 }, [one.out(), two.out()]);
  b.result("sum", sum.out());
  const plan = b.build();
  expect(plan).toEqual({
    ops: [
      { id: "constant#1", kind: "constant", attrs: { value: 1 }, inputs: [] },
      { id: "constant#2", kind: "constant", attrs: { value: 2 }, inputs: [], at: "hub1" },
      {
        id: "toy.plus#1",
        kind: "toy.plus",
        attrs: { count: 2 },
        inputs: [
          { op: "constant#1", port: 0 },
          { op: "constant#2", port: 0 },
        ],
      },
    ],
    results: { sum: { op: "toy.plus#1", port: 0 } },
    bufferBytes: 1000,
  });
  b.add("constant", { value: 3 });
  expect(plan.ops).toHaveLength(3);
});

test("unknown kinds, a second result of a name, and unsound plans are rejected", () => {
  const b = createPlanBuilder({ table: TEST_TABLE });
  expect(() => b.add("nope", {})).toThrow('Cannot find op "nope"');
  const { out } = b.add("constant", { value: 1 });
  b.result("a", out());
  expect(() => b.result("a", out())).toThrow('Cannot add result "a": there is one already');
  b.result("b", out(1));
  expect(() => b.build()).toThrow('result "b" comes from output 1 of "constant#1", which does not exist');
});
