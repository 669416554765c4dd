import type { OpTable } from "./op_table.ts";
import type { NodeId, Op, OpId, Plan, Wire } from "./plan.ts";
import { editPlan } from "./plan_edit.ts";
import { sortOps } from "./sort_ops.ts";

/** `plan` with op `id` replaced by `op`, which keeps the id and so its consumers. */
export function replaceOp(plan: Plan, id: OpId, op: Omit<Op, "id">): Plan {
  const edit = editPlan(plan);
  edit.update(id, { ...op, at: op.at });
  return edit.done();
}

/** `plan` without the ops `ids`. Requires that nobody else takes their outputs. */
export function removeOps(plan: Plan, ids: Iterable<OpId>): Plan {
  const edit = editPlan(plan);
  edit.remove(...ids);
  return edit.done();
}

/** `plan` with everyone who took `from` taking `to`. */
export function rewire(plan: Plan, from: Wire, to: Wire): Plan {
  const edit = editPlan(plan);
  edit.rewire(from, to);
  return edit.done();
}

/** `plan` with every op at the node that `nodeOf` says; undefined leaves an op where it is. */
export function placeOps(plan: Plan, nodeOf: (op: Op) => NodeId | undefined): Plan {
  let changed = false;
  const ops = plan.ops.map((op) => {
    const at = nodeOf(op) ?? op.at;
    if (at === undefined || at === op.at) return op;
    changed = true;
    return { ...op, at };
  });
  return changed ? { ...plan, ops } : plan;
}

/** `plan` in topological order. Throws when the wires run in a circle. */
export function sortPlan(plan: Plan): Plan {
  const ops = sortOps(plan.ops);
  return ops === plan.ops ? plan : { ...plan, ops };
}

/** `plan` without the ops that nobody needs: those that have outputs, no effect, and whose outputs nobody takes, or
 *  only ops that nobody needs; a `drop` alone is no need. */
export function prune(plan: Plan, table: OpTable): Plan {
  const needed = new Set<OpId>();
  for (const name in plan.results) needed.add(plan.results[name]!.op);
  for (let at = plan.ops.length - 1; at >= 0; at--) {
    const op = plan.ops[at]!;
    if (op.kind === "drop") continue;
    const facts = table.inspect(op);
    const isEnd = facts === undefined || facts.spec.effect === true || facts.ports.outputs.length === 0;
    if (!isEnd && !needed.has(op.id)) continue;
    needed.add(op.id);
    for (const wire of op.inputs) needed.add(wire.op);
  }
  const ops = plan.ops.filter((op) => needed.has(op.kind === "drop" ? (op.inputs[0]?.op ?? op.id) : op.id));
  return ops.length === plan.ops.length ? plan : { ...plan, ops };
}

/** `plan` with the ids that a builder would have given: `kind#n` in plan order. Plans that differ only in ids become
 *  equal. */
export function renumber(plan: Plan): Plan {
  const counts = new Map<string, number>();
  const renamed = new Map<OpId, OpId>();
  let changed = false;
  for (const op of plan.ops) {
    const count = (counts.get(op.kind) ?? 0) + 1;
    counts.set(op.kind, count);
    const id = `${op.kind}#${count}`;
    renamed.set(op.id, id);
    if (id !== op.id) changed = true;
  }
  if (!changed) return plan;
  const follow = (wire: Wire): Wire => ({ op: renamed.get(wire.op) ?? wire.op, port: wire.port });
  const ops = plan.ops.map((op) => ({ ...op, id: renamed.get(op.id)!, inputs: op.inputs.map(follow) }));
  const results = Object.fromEntries(
    Object.entries(plan.results).map(([name, wire]) => [name, follow(wire)]),
  );
  return { ...plan, ops, results };
}
