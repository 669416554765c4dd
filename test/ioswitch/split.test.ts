import { expect, test } from "vitest";
import { printText } from "../../ioswitch/print/text.ts";
import { split } from "../../ioswitch/split.ts";
import { verifyRunnable } from "../../ioswitch/verify.ts";
import { expectGolden } from "../suites/golden.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

const table = TEST_TABLE;

test("a plan that is all at the driver comes back as it is", () => {
  const b = toyBuilder();
  b.result("a", b.add("constant", { value: 1 }).out());
  b.result("b", b.add("constant", { value: 1 }, [], { at: "driver" }).out());
  const plan = b.build();
  expect(split(plan, table)).toEqual({ driver: plan, nodes: new Map() });
});

test("borders are cut with send and receive", () => {
  const b = toyBuilder(1000);
  const body = b.add("input", { name: "body", carries: "stream" });
  const amount = b.add("constant", { value: 3 });
  const shifted = b.add("toy.shift", {}, [body.out(), amount.out()], { at: "a" });
  const counted = b.add("length", {}, [shifted.out()], { at: "a" });
  b.add("toy.plus", { count: 2 }, [amount.out(), counted.out(1)], { at: "b" });
  // The same value at the same node crosses once.
  b.add("toy.plus", { count: 2 }, [amount.out(), counted.out(1)], { at: "b" });
  b.result("out", counted.out(0));
  b.result("bytes", counted.out(1));
  b.result("again", counted.out(1));
  const { driver, nodes } = split(b.build(), table);
  const parts = [["driver", driver] as const, ...nodes];
  for (const [, plan] of parts) verifyRunnable(plan, table, { nodes: ["a", "b"] });
  expectGolden(
    "plans/ioswitch/split.txt",
    parts.map(([title, plan]) => printText(plan, { table, title })).join("\n"),
  );
});

test("ids that are taken are not given again", () => {
  const b = toyBuilder();
  const value = b.add("constant", { value: 1 }, [], { at: "a" });
  b.add("send", { to: "x", channel: "c", carries: "value" }, [value.out()], { at: "a" });
  b.result("out", value.out());
  const ids = split(b.build(), table)
    .nodes.get("a")!
    .ops.map((op) => op.id);
  expect(ids).toEqual(["constant#1", "send#1", "send#2"]);
});
