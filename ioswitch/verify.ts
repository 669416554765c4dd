import type { OpFacts, OpTable } from "./op_table.ts";
import { type Carries, DRIVER, type NodeId, type Op, type OpId, type Plan, type Wire } from "./plan.ts";

/** A plan that is not sound; `problems` are all that were found, one sentence each, and the message lists them. */
export class InvalidPlanError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], what = "Cannot use the plan") {
    super(problems.length === 1 ? `${what}: ${problems[0]}` : `${what}:\n- ${problems.join("\n- ")}`);
    this.name = "InvalidPlanError";
    this.problems = problems;
  }
}

/** Where a plan may run. */
export interface RunnableOptions {
  /** The nodes besides the driver that ops may be placed on; none unless given. */
  readonly nodes?: Iterable<NodeId>;
}

/** Throws an {@link InvalidPlanError} unless the structure of `plan` is sound: ids are unique, ops are known and in
 *  topological order, every wire leads from an output to an input that carries the same, and results exist. */
export function verifyPlan(plan: Plan, table: OpTable): void {
  const problems = findProblems(plan, table);
  if (problems.length > 0) throw new InvalidPlanError(problems);
}

/** Throws an {@link InvalidPlanError} unless `plan` is sound and can be executed: every stream has exactly one consumer
 *  (an op or a result), and every op is at the driver (or not placed, which means the driver) or at one of `nodes`. */
export function verifyRunnable(plan: Plan, table: OpTable, options: RunnableOptions = {}): void {
  const problems = findProblems(plan, table);
  if (problems.length === 0) problems.push(...findUnrunnable(plan, table, options));
  if (problems.length > 0) throw new InvalidPlanError(problems, "Cannot run the plan");
}

function findProblems(plan: Plan, table: OpTable): string[] {
  const problems: string[] = [];
  const known = new Map<OpId, OpFacts | undefined>();
  if (!Number.isSafeInteger(plan.bufferBytes) || plan.bufferBytes < 0) {
    problems.push(`bufferBytes is ${plan.bufferBytes}, which is no number of bytes`);
  }
  for (const op of plan.ops) {
    if (known.has(op.id)) problems.push(`op "${op.id}" is there twice`);
    const facts = table.inspect(op);
    if (facts === undefined) problems.push(`op "${op.id}" is of kind "${op.kind}", which was not registered`);
    else if (facts.problems.length > 0)
      problems.push(...facts.problems.map((text) => `${nameOf(op)}: ${text}`));
    else checkInputs(op, facts);
    known.set(op.id, facts);
  }
  for (const name in plan.results) {
    const wire = plan.results[name];
    if (wire !== undefined) checkWire(wire, `result "${name}"`);
  }
  return problems;

  function checkInputs(op: Op, facts: OpFacts): void {
    const { inputs } = facts.ports;
    if (op.inputs.length !== inputs.length) {
      problems.push(`${nameOf(op)} takes ${inputs.length} inputs and has ${op.inputs.length}`);
      return;
    }
    for (let port = 0; port < inputs.length; port++) {
      checkWire(op.inputs[port]!, `input ${port} of ${nameOf(op)}`, inputs[port]);
    }
  }

  function checkWire(wire: Wire, what: string, carries?: Carries): void {
    const facts = known.get(wire.op);
    if (!known.has(wire.op)) {
      const later = plan.ops.some((op) => op.id === wire.op);
      problems.push(
        `${what} comes from "${wire.op}", which ${later ? "is not earlier in the plan" : "does not exist"}`,
      );
      return;
    }
    if (facts === undefined || facts.problems.length > 0) return;
    const made = facts.ports.outputs[wire.port];
    if (made === undefined) {
      problems.push(`${what} comes from output ${wire.port} of "${wire.op}", which does not exist`);
    } else if (carries !== undefined && made !== carries) {
      problems.push(`${what} takes a ${carries}, and output ${wire.port} of "${wire.op}" is a ${made}`);
    }
  }
}

function findUnrunnable(plan: Plan, table: OpTable, options: RunnableOptions): string[] {
  const problems: string[] = [];
  const nodes = new Set<NodeId>([DRIVER, ...(options.nodes ?? [])]);
  const consumers = new Map<OpId, number[]>();
  function count(wire: Wire): void {
    const ports = consumers.get(wire.op);
    if (ports === undefined) return;
    ports[wire.port] = (ports[wire.port] ?? 0) + 1;
  }
  for (const op of plan.ops) {
    consumers.set(op.id, []);
    for (const wire of op.inputs) count(wire);
    if (op.at !== undefined && !nodes.has(op.at))
      problems.push(`${nameOf(op)} is at unknown node "${op.at}"`);
  }
  for (const name in plan.results) count(plan.results[name]!);
  for (const op of plan.ops) {
    const { outputs } = table.inspect(op)!.ports;
    for (let port = 0; port < outputs.length; port++) {
      const found = consumers.get(op.id)![port] ?? 0;
      if (outputs[port] !== "stream" || found === 1) continue;
      problems.push(
        `stream output ${port} of ${nameOf(op)} has ${found === 0 ? "no consumer" : `${found} consumers`}`,
      );
    }
  }
  return problems;
}

function nameOf(op: Op): string {
  return `op "${op.id}" (${op.kind})`;
}
