import type { OpTable } from "../op_table.ts";
import type { Pass } from "../pass.ts";
import { DRIVER, type NodeId, type Op, type Plan, type Wire } from "../plan.ts";
import { editPlan, type PlanEdit } from "../plan_edit.ts";
import { type Consumer, indexPlan } from "../plan_index.ts";

/** Gives every stream exactly one consumer: a `clone` where there are several (ops or results), a `drop` where there is
 *  none. Clones and drops that are there already are counted again: what earlier passes left of them becomes as small as
 *  it can be.
 *
 *  A stream with consumers at several nodes is cloned once for each node where it is made, and for the consumers of a
 *  node where they are: it crosses each border once. */
export function endStreams(table: OpTable): Pass<unknown> {
  return {
    name: "end_streams",
    why: "A stream can be read once; after all passes that add or remove consumers, and after place.",
    run: (plan) => (isEnded(plan, table) ? plan : end(dissolve(plan), table)),
  };
}

/** Whether this pass would change nothing. */
function isEnded(plan: Plan, table: OpTable): boolean {
  const index = indexPlan(plan);
  for (const op of plan.ops) {
    const outputs = table.inspect(op)!.ports.outputs;
    if (op.kind === "clone" && !isTight(op, plan)) return false;
    for (let port = 0; port < outputs.length; port++) {
      if (outputs[port] !== "stream") continue;
      if (index.consumers({ op: op.id, port }).length !== 1) return false;
    }
  }
  return true;
}

/** Whether a clone is needed: it has several outputs, none of them dropped, and none cloned again at the same node. */
function isTight(clone: Op, plan: Plan): boolean {
  if (clone.inputs.length !== 1 || Number(clone.attrs["count"]) < 2) return false;
  return indexPlan(plan)
    .consumersOf(clone.id)
    .every(
      (consumer) =>
        consumer.kind === "result" ||
        (consumer.op.kind !== "drop" &&
          (consumer.op.kind !== "clone" || nodeOf(consumer.op) !== nodeOf(clone))),
    );
}

/** The plan without clones and drops: streams have any number of consumers again. */
function dissolve(plan: Plan): Plan {
  const edit = editPlan(plan);
  for (const { id, kind } of plan.ops) {
    if (kind === "drop") edit.remove(id);
    if (kind !== "clone") continue;
    const { attrs, inputs } = edit.op(id);
    edit.remove(id);
    for (let port = 0; port < Number(attrs["count"]); port++) edit.rewire({ op: id, port }, inputs[0]!);
  }
  return edit.done();
}

function end(plan: Plan, table: OpTable): Plan {
  const index = indexPlan(plan);
  const edit = editPlan(plan);
  for (const op of plan.ops) {
    const outputs = table.inspect(op)!.ports.outputs;
    for (let port = 0; port < outputs.length; port++) {
      if (outputs[port] !== "stream") continue;
      const wire = { op: op.id, port };
      const consumers = index.consumers(wire);
      if (consumers.length === 0) edit.add("drop", {}, [wire], { at: op.at });
      if (consumers.length > 1) fanOut(edit, wire, { at: op.at, consumers });
    }
  }
  return edit.done();
}

function fanOut(
  edit: PlanEdit,
  wire: Wire,
  { at, consumers }: { readonly at: NodeId | undefined; readonly consumers: readonly Consumer[] },
): void {
  const groups = Map.groupBy(consumers, (consumer) =>
    consumer.kind === "result" ? DRIVER : nodeOf(consumer.op),
  );
  const here = at ?? DRIVER;
  if (groups.size === 1) {
    const [node = here] = groups.keys();
    // Not placed stays not placed.
    clone(edit, wire, { consumers, at: node === here ? at : node });
    return;
  }
  const near = groups.get(here) ?? [];
  groups.delete(here);
  const first = edit.add("clone", { count: near.length + groups.size }, [wire], { at });
  near.forEach((consumer, port) => {
    edit.connect(consumer, first.out(port));
  });
  let port = near.length;
  for (const [node, members] of groups) {
    if (members.length === 1) edit.connect(members[0]!, first.out(port));
    else clone(edit, first.out(port), { consumers: members, at: node });
    port += 1;
  }
}

function clone(
  edit: PlanEdit,
  wire: Wire,
  { at, consumers }: { readonly at: NodeId | undefined; readonly consumers: readonly Consumer[] },
): void {
  const op = edit.add("clone", { count: consumers.length }, [wire], { at });
  consumers.forEach((consumer, port) => {
    edit.connect(consumer, op.out(port));
  });
}

function nodeOf(op: Op): NodeId {
  return op.at ?? DRIVER;
}
