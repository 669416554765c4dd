import type { OpTable } from "./op_table.ts";
import { type Carries, DRIVER, type NodeId, type Op, type OpId, type Plan, type Wire } from "./plan.ts";

/** A plan cut at its node borders. */
export interface SplitPlan {
  /** What the driver runs; has the results. May have no ops. */
  readonly driver: Plan;
  /** What each other node runs, without results. */
  readonly nodes: ReadonlyMap<NodeId, Plan>;
}

/** Cuts `plan` at node borders into one plan for each node, with a `send` op before each border and a `receive` op after
 *  it. A value that several ops of a node want crosses once. Results cross to the driver.
 *
 *  Requires a runnable plan (`verifyRunnable`). Pure; a plan that is all at the driver comes back as it is. */
export function split(plan: Plan, table: OpTable): SplitPlan {
  if (plan.ops.every((op) => nodeOf(op) === DRIVER)) return { driver: plan, nodes: new Map() };
  const opsOf = new Map<NodeId, Op[]>([[DRIVER, []]]);
  const producers = new Map<OpId, Op>();
  const ids = new Set(plan.ops.map((op) => op.id));
  const received = new Map<string, Wire>();
  const counts = { send: 0, receive: 0 };

  function add(op: Op): void {
    const node = nodeOf(op);
    const ops = opsOf.get(node);
    if (ops === undefined) opsOf.set(node, [op]);
    else ops.push(op);
  }
  function freshId(kind: "send" | "receive"): OpId {
    for (;;) {
      counts[kind] += 1;
      const id = `${kind}#${counts[kind]}`;
      if (!ids.has(id)) return id;
    }
  }
  function carriedBy(wire: Wire): Carries {
    return table.inspect(producers.get(wire.op)!)!.ports.outputs[wire.port]!;
  }
  /** `wire` as seen from node `to`. */
  function bring(wire: Wire, to: NodeId): Wire {
    const from = nodeOf(producers.get(wire.op)!);
    if (from === to) return wire;
    const channel = `${wire.op}:${wire.port}>${to}`;
    const known = received.get(channel);
    if (known !== undefined) return known;
    const carries = carriedBy(wire);
    add({ id: freshId("send"), kind: "send", attrs: { to, channel, carries }, inputs: [wire], at: from });
    const id = freshId("receive");
    add({ id, kind: "receive", attrs: { from, channel, carries }, inputs: [], at: to });
    const arrived = { op: id, port: 0 };
    received.set(channel, arrived);
    return arrived;
  }

  for (const op of plan.ops) {
    const node = nodeOf(op);
    const inputs = op.inputs.map((wire) => bring(wire, node));
    add({ ...op, inputs, at: node });
    producers.set(op.id, op);
  }
  const results: Record<string, Wire> = {};
  for (const [name, wire] of Object.entries(plan.results)) results[name] = bring(wire, DRIVER);

  const { bufferBytes } = plan;
  const driver = { ops: opsOf.get(DRIVER)!, results, bufferBytes };
  opsOf.delete(DRIVER);
  return {
    driver,
    nodes: new Map([...opsOf].map(([node, ops]) => [node, { ops, results: {}, bufferBytes }])),
  };
}

function nodeOf(op: Op): NodeId {
  return op.at ?? DRIVER;
}
