import type { Op, OpId, Plan, Wire } from "./plan.ts";

/** Who takes what a wire carries: an input port of an op, or the caller. */
export type Consumer =
  | { readonly kind: "op"; readonly op: Op; readonly port: number }
  | { readonly kind: "result"; readonly name: string };

/** The ways through a plan: from an op to those that feed it and those that it feeds. */
export interface PlanIndex {
  /** The op called `id`. Throws when there is none. */
  op(id: OpId): Op;
  /** The op that feeds `wire`. Throws when there is none. */
  producer(wire: Wire): Op;
  /** Everyone who takes `wire`: ops in plan order, then results. */
  consumers(wire: Wire): readonly Consumer[];
  /** Everyone who takes any output of op `id`. */
  consumersOf(id: OpId): readonly Consumer[];
}

const NOBODY: readonly Consumer[] = [];
const indexes = new WeakMap<Plan, PlanIndex>();

/** The index of `plan`, made once for each plan. */
export function indexPlan(plan: Plan): PlanIndex {
  const known = indexes.get(plan);
  if (known !== undefined) return known;
  const ops = new Map<OpId, Op>();
  const byOp = new Map<OpId, Consumer[]>();
  const byWire = new Map<string, Consumer[]>();
  for (const op of plan.ops) ops.set(op.id, op);
  for (const op of plan.ops) {
    for (let port = 0; port < op.inputs.length; port++) add(op.inputs[port]!, { kind: "op", op, port });
  }
  for (const [name, wire] of Object.entries(plan.results)) add(wire, { kind: "result", name });

  function add(wire: Wire, consumer: Consumer): void {
    append(byOp, wire.op, consumer);
    append(byWire, wireKey(wire), consumer);
  }
  function op(id: OpId): Op {
    const found = ops.get(id);
    if (found === undefined) throw new Error(`Cannot find op "${id}": the plan has no such op`);
    return found;
  }
  const index: PlanIndex = {
    op,
    producer: (wire) => op(wire.op),
    consumers: (wire) => byWire.get(wireKey(wire)) ?? NOBODY,
    consumersOf: (id) => byOp.get(id) ?? NOBODY,
  };
  indexes.set(plan, index);
  return index;
}

/** A wire as one word, for maps: `op:port`. */
export function wireKey(wire: Wire): string {
  return `${wire.op}:${wire.port}`;
}

function append(map: Map<string, Consumer[]>, key: string, consumer: Consumer): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [consumer]);
  else list.push(consumer);
}
