import { expect, test } from "vitest";
import type { Op, Plan, Wire } from "../../ioswitch/plan.ts";
import { InvalidPlanError, verifyPlan, verifyRunnable } from "../../ioswitch/verify.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

const source: Op = { id: "s", kind: "toy.bytes", attrs: { seed: 1, bytes: 1, chunkBytes: 1 }, inputs: [] };
const sum = (id: string, ...inputs: Wire[]): Op => ({ id, kind: "toy.sum", attrs: {}, inputs });
const wire = (op: string, port = 0): Wire => ({ op, port });

function problemsOf(
  verify: typeof verifyPlan | typeof verifyRunnable,
  plan: Partial<Plan>,
): readonly string[] {
  try {
    verify({ ops: [], results: {}, bufferBytes: 1, ...plan }, TEST_TABLE);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidPlanError);
    return (error as InvalidPlanError).problems;
  }
}

test("a sound plan passes, also with streams that nobody or several take", () => {
  expect(problemsOf(verifyPlan, { ops: [source, sum("a", wire("s")), sum("b", wire("s"))] })).toEqual([]);
  expect(problemsOf(verifyPlan, { ops: [source] })).toEqual([]);
});

test.each<[string, Partial<Plan>]>([
  ['op "s" is there twice', { ops: [source, source] }],
  ['op "x" is of kind "nope", which was not registered', { ops: [{ ...source, id: "x", kind: "nope" }] }],
  [
    'op "s" (toy.bytes): "chunkBytes" must be more than 0',
    { ops: [{ ...source, attrs: { seed: 1, bytes: 1, chunkBytes: 0 } }] },
  ],
  ['op "a" (toy.sum) takes 1 inputs and has 0', { ops: [sum("a")] }],
  ['input 0 of op "a" (toy.sum) comes from "q", which does not exist', { ops: [sum("a", wire("q"))] }],
  [
    'input 0 of op "a" (toy.sum) comes from "s", which is not earlier in the plan',
    { ops: [sum("a", wire("s")), source] },
  ],
  [
    'input 0 of op "a" (toy.sum) comes from output 1 of "s", which does not exist',
    { ops: [source, sum("a", wire("s", 1))] },
  ],
  [
    'input 0 of op "b" (toy.sum) takes a stream, and output 0 of "a" is a value',
    { ops: [source, sum("a", wire("s")), sum("b", wire("a"))] },
  ],
  ['result "out" comes from "q", which does not exist', { results: { out: wire("q") } }],
  [
    'result "out" comes from output 7 of "s", which does not exist',
    { ops: [source], results: { out: wire("s", 7) } },
  ],
  ["bufferBytes is -1, which is no number of bytes", { bufferBytes: -1 }],
])("%s", (problem, plan) => {
  expect(problemsOf(verifyPlan, plan)).toEqual([problem]);
});

test("every problem is listed", () => {
  const plan = { ops: [sum("a"), sum("a", wire("q"))], results: { out: wire("r") }, bufferBytes: 0.5 };
  expect(problemsOf(verifyPlan, plan)).toHaveLength(5);
  expect(() => verifyPlan(plan, TEST_TABLE)).toThrow(/^Cannot use the plan:\n- bufferBytes .*\n- /);
});

test("a runnable plan has one consumer for each stream", () => {
  expect(problemsOf(verifyRunnable, { ops: [source, sum("a", wire("s"))] })).toEqual([]);
  expect(problemsOf(verifyRunnable, { ops: [source] })).toEqual([
    'stream output 0 of op "s" (toy.bytes) has no consumer',
  ]);
  expect(
    problemsOf(verifyRunnable, { ops: [source, sum("a", wire("s"))], results: { out: wire("s") } }),
  ).toEqual(['stream output 0 of op "s" (toy.bytes) has 2 consumers']);
});

test("a runnable plan is at nodes that exist", () => {
  const b = toyBuilder();
  b.result("out", b.add("constant", { value: 1 }, [], { at: "hub1" }).out());
  const plan = b.build();
  verifyRunnable(plan, TEST_TABLE, { nodes: ["hub1"] });
  expect(() => verifyRunnable(plan, TEST_TABLE)).toThrow(
    'Cannot run the plan: op "constant#1" (constant) is at unknown node "hub1"',
  );
});
