import { expect, test } from "vitest";
import type { Pass } from "../../ioswitch/pass.ts";
import { runPasses } from "../../ioswitch/pass_runner.ts";
import { removeOps, replaceOp } from "../../ioswitch/rewrite.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

const table = TEST_TABLE;

function sample() {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 3, bytes: 1, chunkBytes: 1 });
  b.result("out", source.out());
  return b.build();
}

/** Counts the seed of the only op down to `to`, one at a time. */
function countDown(name: string, to: number): Pass<unknown> {
  return {
    name,
    why: "for the test",
    run(plan) {
      const op = plan.ops[0]!;
      const seed = Number(op.attrs["seed"]);
      return seed <= to ? plan : replaceOp(plan, op.id, { ...op, attrs: { ...op.attrs, seed: seed - 1 } });
    },
  };
}

test("runs the list until nothing changes, and says who changed what", () => {
  const seen: unknown[] = [];
  const spy: Pass<string> = {
    name: "spy",
    why: "for the test",
    run(plan, world) {
      seen.push([plan.ops[0]!.attrs["seed"], world]);
      return plan;
    },
  };
  const outcome = runPasses(sample(), [countDown("a", 0), spy, countDown("b", 2)], "world", { table });
  expect(outcome.changedBy).toEqual(["a", "a", "a"]);
  expect(outcome).toMatchObject({ rounds: 4, stoppedBecause: "settled" });
  expect(outcome.plan.ops[0]!.attrs["seed"]).toBe(0);
  expect(seen).toEqual([2, 1, 0].map((seed) => [seed, "world"]));
});

test("stops at the bound", () => {
  const outcome = runPasses(sample(), [countDown("a", -100)], undefined, { table, roundsMax: 5 });
  expect(outcome).toMatchObject({ rounds: 5, stoppedBecause: "bound" });
  expect(outcome.changedBy).toHaveLength(5);
});

test("nothing to do gives the same plan", () => {
  const plan = sample();
  expect(runPasses(plan, [countDown("a", 3)], undefined, { table })).toEqual({
    plan,
    rounds: 1,
    changedBy: [],
    stoppedBecause: "settled",
  });
  expect(runPasses(plan, [], undefined, { table }).stoppedBecause).toBe("settled");
});

test("names the pass that broke the plan", () => {
  const breaker: Pass<unknown> = {
    name: "breaker",
    why: "for the test",
    run: (plan) => removeOps(plan, [plan.ops[0]!.id]),
  };
  expect(() => runPasses(sample(), [countDown("a", 2), breaker], undefined, { table })).toThrow(
    'Cannot go on planning: pass "breaker" broke the plan: result "out" comes from "toy.bytes#1", which does not exist',
  );
});

test("a plan that is unsound from the start, and what a pass throws, are errors of their own", () => {
  const plan = { ...sample(), results: { out: { op: "q", port: 0 } } };
  expect(() => runPasses(plan, [], undefined, { table })).toThrow("Cannot use the plan");
  const error = new Error("too few blocks");
  const thrower: Pass<unknown> = {
    name: "thrower",
    why: "for the test",
    run() {
      throw error;
    },
  };
  expect(() => runPasses(sample(), [thrower], undefined, { table })).toThrow(error);
});
