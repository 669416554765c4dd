import { expect, test } from "vitest";
import { rejectUnrunnable } from "../../../ioswitch/passes/reject_unrunnable.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

test("changes nothing, and throws for what cannot be executed", () => {
  const b = toyBuilder();
  b.result("out", b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 }, [], { at: "hub1" }).out());
  const plan = b.build();
  const pass = rejectUnrunnable<{ readonly hubs: readonly string[] }>(TEST_TABLE, (world) => world.hubs);
  expect(pass.run(plan, { hubs: ["hub1"] })).toBe(plan);
  expect(() => pass.run(plan, { hubs: [] })).toThrow('is at unknown node "hub1"');
  expect(() => rejectUnrunnable(TEST_TABLE).run(plan, undefined)).toThrow("Cannot run the plan");
});
