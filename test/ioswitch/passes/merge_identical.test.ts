import { expect, test } from "vitest";
import { mergeIdentical } from "../../../ioswitch/passes/merge_identical.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

const pass = mergeIdentical(TEST_TABLE);
const bytes = { seed: 1, bytes: 1, chunkBytes: 1 };

function idsAfter(b: ReturnType<typeof toyBuilder>): string[] {
  const merged = pass.run(b.build(), undefined);
  expect(pass.run(merged, undefined)).toBe(merged);
  return merged.ops.map((op) => op.id);
}

test("identical ops become one, and then those that read them", () => {
  const b = toyBuilder();
  for (const name of ["a", "b"]) {
    const source = b.add("toy.bytes", bytes);
    b.result(name, b.add("toy.sum", {}, [b.add("toy.add", { amount: 1 }, [source.out()]).out()]).out());
  }
  const merged = pass.run(b.build(), undefined);
  expect(merged.ops.map((op) => op.id)).toEqual(["toy.bytes#1", "toy.add#1", "toy.sum#1"]);
  expect(merged.results["b"]).toEqual({ op: "toy.sum#1", port: 0 });
});

test("a difference in kind, attributes, inputs or place keeps ops apart", () => {
  const b = toyBuilder();
  const one = b.add("constant", { value: { x: 1, y: 2 } });
  const two = b.add("constant", { value: { x: 1 } });
  b.add("constant", { value: { x: 1 } }, [], { at: "a" });
  b.add("toy.plus", { count: 1 }, [one.out()]);
  b.add("toy.plus", { count: 1 }, [two.out()]);
  expect(idsAfter(b)).toHaveLength(5);
});

test("the order of members in attributes is no difference", () => {
  const b = toyBuilder();
  b.add("constant", { value: { x: 1, y: 2 } });
  b.add("constant", { value: { y: 2, x: 1 } });
  expect(idsAfter(b)).toEqual(["constant#1"]);
});

test("ops that are not pure stay", () => {
  const b = toyBuilder();
  for (const name of ["a", "b"]) b.result(name, b.add("toy.hang", { listens: true }).out());
  expect(idsAfter(b)).toHaveLength(2);
});

test("sources whose streams meet again stay apart: one would wait for the other", () => {
  const b = toyBuilder();
  const [one, two] = [b.add("toy.bytes", bytes), b.add("toy.bytes", bytes)];
  b.result("twice", b.add("concat", { count: 2 }, [one.out(), two.out()]).out());
  expect(idsAfter(b)).toHaveLength(3);
});

test("sources that the caller reads stay apart: it may read one after the other", () => {
  const b = toyBuilder();
  for (const name of ["a", "b"]) b.result(name, b.add("toy.bytes", bytes).out());
  expect(idsAfter(b)).toHaveLength(2);
});
