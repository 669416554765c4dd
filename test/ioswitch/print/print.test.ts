import { expect, test } from "vitest";
import type { Plan } from "../../../ioswitch/plan.ts";
import { printDot } from "../../../ioswitch/print/dot.ts";
import { printJson } from "../../../ioswitch/print/json.ts";
import { printMermaid } from "../../../ioswitch/print/mermaid.ts";
import { printText } from "../../../ioswitch/print/text.ts";
import { formatBytes, formatMs } from "../../../ioswitch/print/units.ts";
import type { RunReport } from "../../../ioswitch/report.ts";
import { expectGolden } from "../../suites/golden.ts";
import { TEST_TABLE, toyBuilder } from "../toy_ops.ts";

const table = TEST_TABLE;

function sample(): Plan {
  const b = toyBuilder();
  const body = b.add("input", { name: "body", carries: "stream" });
  const amount = b.add("constant", { value: 3 });
  const copies = b.add("clone", { count: 2 }, [body.out()]);
  const shifted = b.add("toy.shift", {}, [copies.out(0), amount.out()], { at: "hub1" });
  const written = b.add("toy.write", { name: 'C:\\a "b"\n<c> #1' }, [shifted.out()], { at: "hub1" });
  b.add("toy.write", { name: "2" }, [copies.out(1)], { at: "hub2" });
  b.result("written", written.out());
  return b.build();
}

const times = { startMs: 1, endMs: 1501, bytesIn: 0, bytesOut: 0 };
const report: RunReport = {
  startedAtMs: 0,
  durationMs: 1502,
  ops: [
    { ...times, id: "input#1", kind: "input", node: "driver", outcome: "stopped", bytesOut: 5 << 20 },
    { ...times, id: "constant#1", kind: "constant", node: "driver", outcome: "done", endMs: 1.25 },
    {
      id: "clone#1",
      kind: "clone",
      node: "driver",
      outcome: "running",
      startMs: 1,
      bytesIn: 1536,
      bytesOut: 1024,
    },
    {
      ...times,
      id: "toy.write#1",
      kind: "toy.write",
      node: "hub1",
      outcome: "failed",
      error: 'no "space" left',
    },
    { ...times, id: "toy.write#2", kind: "toy.write", node: "hub2", outcome: "abandoned" },
  ],
};

test("text", () => {
  expectGolden("plans/ioswitch/sample.txt", printText(sample(), { table }));
  expectGolden("plans/ioswitch/sample_report.txt", printText(sample(), { table, report, title: "put a/b" }));
});

test("json", () => {
  expectGolden("plans/ioswitch/sample.json", printJson(sample()));
  expect(printJson({ ops: [], results: {}, bufferBytes: 1 })).toBe(
    '{\n  "bufferBytes": 1,\n  "ops": [],\n  "results": {}\n}\n',
  );
});

test("equal plans give equal json", () => {
  const one = { id: "c", kind: "constant", attrs: { value: { x: 1, y: [{ b: 1, a: 2 }] } }, inputs: [] };
  const two = {
    inputs: [],
    attrs: { value: { y: [{ a: 2, b: 1 }], x: 1, z: undefined } },
    kind: "constant",
    id: "c",
  };
  const plan = { results: {}, bufferBytes: 1 };
  expect(printJson({ ...plan, ops: [two] })).toBe(printJson({ ...plan, ops: [one] }));
});

test("dot", () => {
  expectGolden("plans/ioswitch/sample.dot", printDot(sample(), { table }));
  expectGolden("plans/ioswitch/sample_report.dot", printDot(sample(), { table, report, title: 'put "a/b"' }));
  const b = toyBuilder();
  b.result("one", b.add("constant", { value: 1 }).out());
  expectGolden("plans/ioswitch/driver_only.dot", printDot(b.build(), { table }));
});

test("mermaid", () => {
  expectGolden("plans/ioswitch/sample.mmd", printMermaid(sample(), { table }));
  expectGolden(
    "plans/ioswitch/sample_report.mmd",
    printMermaid(sample(), { table, report, title: 'put "a/b"' }),
  );
});

test("an op that is unknown or unsound is printed by its kind", () => {
  const ops = [
    { id: "x", kind: "nope", attrs: {}, inputs: [] },
    { id: "y", kind: "constant", attrs: {}, inputs: [{ op: "x", port: 0 }] },
  ];
  const plan = { ops, results: {}, bufferBytes: 1 };
  expect(printText(plan, { table })).toBe("plan, 1 B per wire\n  x  nope\n  y  constant <- x.0\n");
  expect(printDot(plan, { table })).toContain('"x" [label="nope"');
  expect(printMermaid(plan, { table })).toContain('op1["nope"]');
});

test("amounts are in the largest unit that fits", () => {
  expect([0, 1023, 1024, 1536, 5 << 20, 2 ** 60].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1 KiB",
    "1.5 KiB",
    "5 MiB",
    "1024 PiB",
  ]);
  expect([0, 0.44, 12.4, 999.4, 1000, 61_250].map(formatMs)).toEqual([
    "0 ms",
    "0.4 ms",
    "12 ms",
    "999 ms",
    "1 s",
    "61.3 s",
  ]);
});
