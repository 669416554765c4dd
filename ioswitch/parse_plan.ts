import type { JsonObject } from "./json.ts";
import type { OpTable } from "./op_table.ts";
import type { Op, Plan, Wire } from "./plan.ts";
import { InvalidPlanError, verifyPlan } from "./verify.ts";

/** Reads a plan from JSON text, as `printJson` writes it, or from what `JSON.parse` made of it.
 *
 *  Throws an `InvalidPlanError` that names every member which is missing, unknown or of the wrong type, or, when the shape
 *  is right, everything that `verifyPlan` finds (unknown kinds of ops among it). */
export function parsePlan(source: unknown, table: OpTable): Plan {
  const problems: string[] = [];
  const plan = readPlan(typeof source === "string" ? parseText(source) : source, problems);
  if (problems.length > 0) throw new InvalidPlanError(problems, "Cannot read the plan");
  verifyPlan(plan, table);
  return plan;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidPlanError([`it is not JSON: ${(error as Error).message}`], "Cannot read the plan");
  }
}

function readPlan(source: unknown, problems: string[]): Plan {
  const members = readObject(source, "the plan", { required: ["bufferBytes", "ops", "results"] });
  const results: Record<string, Wire> = {};
  for (const [name, wire] of Object.entries(readObject(members["results"], "results", {}))) {
    // An own member, also when it is called "__proto__".
    Object.defineProperty(results, name, { value: readWire(wire, `result "${name}"`), enumerable: true });
  }
  return {
    bufferBytes: readNumber(members["bufferBytes"], "bufferBytes"),
    ops: readList(members["ops"], "ops").map(readOp),
    results,
  };

  function readOp(op: unknown, index: number): Op {
    const where = `ops[${index}]`;
    const known = { required: ["id", "kind", "attrs", "inputs"], optional: ["at"] };
    const { id, kind, attrs, inputs, at } = readObject(op, where, known);
    return {
      id: readText(id, `${where}.id`),
      kind: readText(kind, `${where}.kind`),
      attrs: readObject(attrs, `${where}.attrs`, {}) as JsonObject,
      inputs: readList(inputs, `${where}.inputs`).map((wire, port) =>
        readWire(wire, `${where}.inputs[${port}]`),
      ),
      ...(at === undefined ? {} : { at: readText(at, `${where}.at`) }),
    };
  }
  function readWire(wire: unknown, where: string): Wire {
    const { op, port } = readObject(wire, where, { required: ["op", "port"] });
    return { op: readText(op, `${where}.op`), port: readNumber(port, `${where}.port`) };
  }
  function readObject(
    value: unknown,
    where: string,
    members: { readonly required?: readonly string[]; readonly optional?: readonly string[] },
  ): Readonly<Record<string, unknown>> {
    if (value === undefined) return {};
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      problems.push(`${where} is not an object`);
      return {};
    }
    const { required, optional = [] } = members;
    if (required !== undefined) {
      for (const name of required)
        if (!Object.hasOwn(value, name)) problems.push(`${where} has no "${name}"`);
      for (const name of Object.keys(value)) {
        if (!required.includes(name) && !optional.includes(name))
          problems.push(`${where} has an unknown "${name}"`);
      }
    }
    return value as Readonly<Record<string, unknown>>;
  }
  function readList(value: unknown, where: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined) problems.push(`${where} is not a list`);
    return [];
  }
  function readText(value: unknown, where: string): string {
    if (typeof value === "string" && value !== "") return value;
    if (value !== undefined) problems.push(`${where} is not a text`);
    return "";
  }
  function readNumber(value: unknown, where: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    if (value !== undefined) problems.push(`${where} is not a whole number`);
    return 0;
  }
}
