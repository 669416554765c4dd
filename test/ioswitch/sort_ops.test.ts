import fc from "fast-check";
import { expect, test } from "vitest";
import type { Op } from "../../ioswitch/plan.ts";
import { sortOps } from "../../ioswitch/sort_ops.ts";

const op = (id: string, ...from: string[]): Op => ({
  id,
  kind: "x",
  attrs: {},
  inputs: from.map((producer) => ({ op: producer, port: 0 })),
});

test("a sorted list stays the same list", () => {
  const ops = [op("a"), op("b", "a"), op("c", "outside", "b")];
  expect(sortOps(ops)).toBe(ops);
});

test("producers move before their consumers, the rest stays", () => {
  const ops = [op("a"), op("d", "c"), op("b", "a"), op("c", "b")];
  expect(sortOps(ops).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
});

test("a circle is an error", () => {
  expect(() => sortOps([op("a", "b"), op("b", "a")])).toThrow("depends on itself");
  expect(() => sortOps([op("a", "a")])).toThrow('Cannot sort the plan: op "a" depends on itself');
});

test("a chain of many ops is sorted", () => {
  const ops = Array.from({ length: 20_000 }, (_, at) => op(`${at}`, ...(at === 0 ? [] : [`${at - 1}`])));
  expect(sortOps(ops.toReversed())).toEqual(ops);
});

test("any order of a graph becomes topological", () => {
  const graph = fc.array(fc.array(fc.nat(100), { maxLength: 3 }), { maxLength: 20 }).chain((edges) => {
    const ops = edges.map((from, at) => op(`${at}`, ...(at === 0 ? [] : from.map((n) => `${n % at}`))));
    return fc.shuffledSubarray(ops, { minLength: ops.length });
  });
  fc.assert(
    fc.property(graph, (ops) => {
      const sorted = sortOps(ops);
      expect([...sorted].sort(byId)).toEqual([...ops].sort(byId));
      const seen = new Set<string>();
      for (const { id, inputs } of sorted) {
        for (const wire of inputs) expect(seen).toContain(wire.op);
        seen.add(id);
      }
    }),
  );
});

function byId(a: Op, b: Op): number {
  return Number(a.id) - Number(b.id);
}
