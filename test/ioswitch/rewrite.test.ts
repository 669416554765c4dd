import { expect, test } from "vitest";
import { placeOps, prune, removeOps, renumber, replaceOp, rewire, sortPlan } from "../../ioswitch/rewrite.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

const table = TEST_TABLE;

function chain() {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 });
  const add = b.add("toy.add", { amount: 1 }, [source.out()]);
  b.result("bytes", add.out());
  return { plan: b.build(), source, add };
}

test("an op is replaced under its id", () => {
  const { plan, add, source } = chain();
  const replaced = replaceOp(plan, add.id, {
    kind: "toy.mix",
    attrs: {},
    inputs: [source.out(), source.out()],
  });
  expect(replaced.ops[1]).toEqual({
    id: add.id,
    kind: "toy.mix",
    attrs: {},
    inputs: [source.out(), source.out()],
  });
});

test("wires and ops are moved and removed", () => {
  const { plan, add, source } = chain();
  const rewired = rewire(plan, add.out(), source.out());
  expect(rewired.results["bytes"]).toEqual(source.out());
  expect(removeOps(rewired, [add.id]).ops.map((op) => op.id)).toEqual([source.id]);
  expect(removeOps(plan, [])).toBe(plan);
});

test("ops are placed; the same plan when they are there", () => {
  const { plan } = chain();
  const placed = placeOps(plan, (op) => (op.kind === "toy.add" ? "hub1" : undefined));
  expect(placed.ops.map((op) => op.at)).toEqual([undefined, "hub1"]);
  expect(placeOps(placed, () => undefined)).toBe(placed);
});

test("ops that nobody needs are pruned, and what only fed them; effects stay", () => {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 });
  b.add("toy.sum", {}, [b.add("toy.add", { amount: 1 }, [source.out()]).out()]);
  const dropped = b.add("toy.bytes", { seed: 2, bytes: 1, chunkBytes: 1 });
  b.add("drop", {}, [dropped.out()]);
  expect(prune(b.build(), table).ops).toEqual([]);
  b.add("toy.write", { name: "kept" }, [source.out()]);
  const pruned = prune(b.build(), table);
  expect(pruned.ops.map((op) => op.id)).toEqual(["toy.bytes#1", "toy.write#1"]);
  expect(prune(pruned, table)).toBe(pruned);
});

test("a drop stays with an op that is needed for another output", () => {
  const b = toyBuilder();
  const counted = b.add("length", {}, [b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 }).out()]);
  b.add("drop", {}, [counted.out(0)]);
  b.result("bytes", counted.out(1));
  const plan = b.build();
  expect(prune(plan, table)).toBe(plan);
});

test("plans that differ in ids become equal", () => {
  const { plan, source } = chain();
  expect(renumber(plan)).toBe(plan);
  const rename = (id: string) => (id === source.id ? "other" : id);
  const renamed = {
    ...plan,
    ops: plan.ops.map((op) => ({
      ...op,
      id: rename(op.id),
      inputs: op.inputs.map((wire) => ({ ...wire, op: rename(wire.op) })),
    })),
  };
  expect(renumber(renamed)).toEqual(plan);
});

test("a plan is sorted", () => {
  const { plan } = chain();
  expect(sortPlan(plan)).toBe(plan);
  expect(sortPlan({ ...plan, ops: plan.ops.toReversed() })).toEqual(plan);
});
