import { expect, test } from "vitest";
import { indexPlan, wireKey } from "../../ioswitch/plan_index.ts";
import { toyBuilder } from "./toy_ops.ts";

test("leads from ops to their producers and consumers", () => {
  const b = toyBuilder();
  const value = b.add("constant", { value: 1 });
  const twice = b.add("toy.plus", { count: 2 }, [value.out(), value.out()]);
  b.result("one", value.out());
  b.result("two", twice.out());
  const plan = b.build();
  const index = indexPlan(plan);
  expect(indexPlan(plan)).toBe(index);
  expect(index.producer(twice.out())).toBe(plan.ops[1]);
  expect(index.consumers(value.out())).toEqual([
    { kind: "op", op: plan.ops[1], port: 0 },
    { kind: "op", op: plan.ops[1], port: 1 },
    { kind: "result", name: "one" },
  ]);
  expect(index.consumersOf(twice.id)).toEqual([{ kind: "result", name: "two" }]);
  expect(index.consumers(value.out(5))).toEqual([]);
  expect(() => index.op("nobody")).toThrow('Cannot find op "nobody": the plan has no such op');
  expect(wireKey(value.out(2))).toBe("constant#1:2");
});
