import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePlan } from "../../ioswitch/parse_plan.ts";
import { printJson } from "../../ioswitch/print/json.ts";
import { InvalidPlanError } from "../../ioswitch/verify.ts";
import { randomPlan } from "./random_plan.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

const table = TEST_TABLE;

test("every plan that is printed is read back as it was", () => {
  fc.assert(
    fc.property(randomPlan({ shared: true, bufferBytes: 5 }), (plan) => {
      const text = printJson(plan);
      const read = parsePlan(text, table);
      expect(read).toEqual(plan);
      expect(printJson(read)).toBe(text);
      expect(parsePlan(JSON.parse(text), table)).toEqual(plan);
    }),
    { numRuns: 50 },
  );
});

test("names of results may be anything", () => {
  const b = toyBuilder();
  for (const name of ["__proto__", 'a "quote"', "ü\n"]) {
    const text = printJson({ ...b.build(), results: JSON.parse(JSON.stringify({})) });
    expect(parsePlan(text, table).results).toEqual({});
    const value = { id: "c", kind: "constant", attrs: { value: 1 }, inputs: [] };
    const json = `{"bufferBytes":1,"ops":[${JSON.stringify(value)}],"results":{${JSON.stringify(name)}:{"op":"c","port":0}}}`;
    const plan = parsePlan(json, table);
    expect(Object.keys(plan.results)).toEqual([name]);
    expect(parsePlan(printJson(plan), table)).toEqual(plan);
  }
});

function problemsOf(source: unknown): readonly string[] {
  try {
    parsePlan(source, table);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidPlanError);
    return (error as InvalidPlanError).problems;
  }
  return [];
}

const op = { id: "c", kind: "constant", attrs: { value: 1 }, inputs: [] };
const plan = { bufferBytes: 1, ops: [op], results: {} };

test.each<[unknown, readonly string[]]>([
  ["[]", ["the plan is not an object"]],
  [null, ["the plan is not an object"]],
  [{}, ['the plan has no "bufferBytes"', 'the plan has no "ops"', 'the plan has no "results"']],
  [{ ...plan, version: 1 }, ['the plan has an unknown "version"']],
  [{ ...plan, bufferBytes: "1" }, ["bufferBytes is not a whole number"]],
  [{ ...plan, ops: {} }, ["ops is not a list"]],
  [{ ...plan, ops: [7] }, ["ops[0] is not an object"]],
  [{ ...plan, ops: [{ ...op, id: 1, kind: "" }] }, ["ops[0].id is not a text", "ops[0].kind is not a text"]],
  [{ ...plan, ops: [{ ...op, attrs: [] }] }, ["ops[0].attrs is not an object"]],
  [{ ...plan, ops: [{ ...op, on: "a" }] }, ['ops[0] has an unknown "on"']],
  [{ ...plan, ops: [{ ...op, at: 1 }] }, ["ops[0].at is not a text"]],
  [
    { ...plan, ops: [{ ...op, inputs: [{ op: "x", port: -1 }] }] },
    ["ops[0].inputs[0].port is not a whole number"],
  ],
  [{ ...plan, results: { out: { op: "c" } } }, ['result "out" has no "port"']],
  [{ ...plan, ops: [{ ...op, kind: "nope" }] }, ['op "c" is of kind "nope", which was not registered']],
])("%j is rejected", (source, problems) => {
  expect(problemsOf(source)).toEqual(problems);
});

test("text that is not JSON is rejected", () => {
  expect(() => parsePlan("{", table)).toThrow(/^Cannot read the plan: it is not JSON: /);
});
