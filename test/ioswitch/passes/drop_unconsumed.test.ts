import { expect, test } from "vitest";
import { dropUnconsumed } from "../../../ioswitch/passes/drop_unconsumed.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

test("what nobody takes goes, what has an effect stays", () => {
  const b = toyBuilder();
  const source = b.add("toy.bytes", { seed: 1, bytes: 1, chunkBytes: 1 });
  b.add("toy.sum", {}, [source.out()]);
  b.add("toy.write", { name: "x" }, [source.out()]);
  b.add("constant", { value: 1 });
  const pass = dropUnconsumed(TEST_TABLE);
  const plan = pass.run(b.build(), undefined);
  expect(plan.ops.map((op) => op.id)).toEqual(["toy.bytes#1", "toy.write#1"]);
  expect(pass.run(plan, undefined)).toBe(plan);
});
