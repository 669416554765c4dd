import { expect, test } from "vitest";
import { endStreams } from "../../../ioswitch/passes/end_streams.ts";
import type { Plan } from "../../../ioswitch/plan.ts";
import { editPlan } from "../../../ioswitch/plan_edit.ts";
import { printText } from "../../../ioswitch/print/text.ts";
import { verifyRunnable } from "../../../ioswitch/verify.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

const table = TEST_TABLE;
const pass = endStreams(table);

function source(at?: string) {
  const b = toyBuilder();
  return { b, bytes: b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 }, [], { at }).out() };
}

/** The lines of a plan, without the first. */
function lines(plan: Plan): string[] {
  verifyRunnable(plan, table, { nodes: ["a", "b"] });
  expect(pass.run(plan, undefined)).toBe(plan);
  return printText(plan, { table })
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim().replace(/ +/g, " "));
}

test("several consumers share a clone, a result among them", () => {
  const { b, bytes } = source();
  b.add("toy.sum", {}, [bytes]);
  b.result("out", bytes);
  expect(lines(pass.run(b.build(), undefined))).toEqual([
    "toy.bytes#1 1 toy bytes of seed 1",
    "clone#1 clone to 2 <- toy.bytes#1.0",
    "toy.sum#1 sum <- clone#1.0",
    "=> out clone#1.1",
  ]);
});

test("a stream that nobody takes is dropped where it is made", () => {
  const { b } = source("a");
  expect(lines(pass.run(b.build(), undefined))).toEqual([
    "toy.bytes#1 1 toy bytes of seed 1 @a",
    "drop#1 drop <- toy.bytes#1.0 @a",
  ]);
});

test("a stream crosses each border once", () => {
  const { b, bytes } = source("a");
  for (const at of ["b", "b", "a", "driver"]) b.add("toy.sum", {}, [bytes], { at });
  expect(lines(pass.run(b.build(), undefined))).toEqual([
    "toy.bytes#1 1 toy bytes of seed 1 @a",
    "clone#1 clone to 3 <- toy.bytes#1.0 @a",
    "clone#2 clone to 2 <- clone#1.1 @b",
    "toy.sum#1 sum <- clone#2.0 @b",
    "toy.sum#2 sum <- clone#2.1 @b",
    "toy.sum#3 sum <- clone#1.0 @a",
    "toy.sum#4 sum <- clone#1.2",
  ]);
});

test("consumers that are all at one other node are cloned there", () => {
  const { b, bytes } = source("a");
  for (const at of ["b", "b"]) b.add("toy.sum", {}, [bytes], { at });
  expect(lines(pass.run(b.build(), undefined))[1]).toBe("clone#1 clone to 2 <- toy.bytes#1.0 @b");
});

test("a clone that lost consumers becomes smaller, and goes when one is left", () => {
  const { b, bytes } = source();
  const sums = [1, 2, 3].map(() => b.add("toy.sum", {}, [bytes]).id);
  const three = pass.run(b.build(), undefined);
  const without = (plan: Plan, id: string) => {
    const edit = editPlan(plan);
    edit.remove(id);
    return pass.run(edit.done(), undefined);
  };
  const two = without(three, sums[0]!);
  expect(lines(two)[1]).toBe("clone#1 clone to 2 <- toy.bytes#1.0");
  const one = without(two, sums[1]!);
  expect(lines(one)).toEqual(["toy.bytes#1 1 toy bytes of seed 1", "toy.sum#3 sum <- toy.bytes#1.0"]);
});
