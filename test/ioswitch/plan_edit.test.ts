import { expect, test } from "vitest";
import { editPlan } from "../../ioswitch/plan_edit.ts";
import { indexPlan } from "../../ioswitch/plan_index.ts";
import { verifyPlan } from "../../ioswitch/verify.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

function sample() {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 });
  const add = b.add("toy.add", { amount: 1 }, [source.out()]);
  const sum = b.add("toy.sum", {}, [add.out()]);
  b.result("sum", sum.out());
  b.result("bytes", add.out());
  return { plan: b.build(), source, add, sum };
}

test("an edit that changes nothing gives the same plan", () => {
  const { plan, sum } = sample();
  const edit = editPlan(plan);
  edit.remove("nobody");
  edit.rewire({ op: "nobody", port: 0 }, sum.out());
  expect(edit.done()).toBe(plan);
});

test("an op is put in between, and the plan is sorted", () => {
  const { plan, source } = sample();
  const edit = editPlan(plan);
  const second = edit.add("toy.add", { amount: 5 }, [], { at: "hub1" });
  edit.rewire(source.out(), second.out());
  edit.update(second.id, { inputs: [source.out()] });
  const edited = edit.done();
  verifyPlan(edited, TEST_TABLE);
  expect(edited.ops.map((op) => op.id)).toEqual(["toy.bytes#1", "toy.add#2", "toy.add#1", "toy.sum#1"]);
  expect(indexPlan(edited).op("toy.add#2").at).toBe("hub1");
  expect(edited.ops[0]).toBe(plan.ops[0]);
  expect(plan.ops).toHaveLength(3);
});

test("an op is taken out, its consumers and results follow", () => {
  const { plan, add, source } = sample();
  const edit = editPlan(plan);
  edit.rewire(add.out(), source.out());
  edit.remove(add.id);
  const edited = edit.done();
  verifyPlan(edited, TEST_TABLE);
  expect(edited.results["bytes"]).toEqual(source.out());
  expect(indexPlan(edited).consumers(source.out())).toMatchObject([
    { kind: "op", op: { id: "toy.sum#1" }, port: 0 },
    { kind: "result", name: "bytes" },
  ]);
});

test("one consumer of several is connected elsewhere", () => {
  const { plan, add, source } = sample();
  const edit = editPlan(plan);
  for (const consumer of indexPlan(plan).consumersOf(add.id)) {
    if (consumer.kind === "result") edit.connect(consumer, source.out());
  }
  expect(edit.done().results["bytes"]).toEqual(source.out());
  expect(indexPlan(edit.done()).op("toy.sum#1").inputs).toEqual([add.out()]);
});

test("attributes and place are changed, the id stays", () => {
  const { plan, add } = sample();
  const edit = editPlan(plan);
  edit.update(add.id, { attrs: { amount: 7 }, at: "hub1" });
  expect(edit.op(add.id)).toMatchObject({ id: add.id, kind: "toy.add", attrs: { amount: 7 }, at: "hub1" });
  edit.update(add.id, { kind: "toy.fail" });
  expect(edit.op(add.id).at).toBe("hub1");
  edit.update(add.id, { at: undefined });
  expect("at" in edit.op(add.id)).toBe(false);
  expect(() => edit.update("nobody", {})).toThrow('Cannot edit op "nobody": the plan has no such op');
});
