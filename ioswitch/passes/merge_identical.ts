import { canonicalJson } from "../canonical_json.ts";
import type { JsonObject } from "../json.ts";
import type { OpTable } from "../op_table.ts";
import type { Pass } from "../pass.ts";
import type { Op, OpId, Plan } from "../plan.ts";
import { editPlan } from "../plan_edit.ts";
import { wireKey } from "../plan_index.ts";

/** Makes one op of several pure ones with the same kind, attributes, inputs and place.
 *
 *  Sources of streams (ops with a stream output and no stream input) become one only when nothing else connects them:
 *  one source for two consumers goes at the pace of the slower, and where these wait for each other anywhere in the plan
 *  it would not go at all. */
export function mergeIdentical(table: OpTable): Pass<unknown> {
  return {
    name: "merge_identical",
    why: "The same work is done once; before streams get their clones, because it gives them more consumers.",
    run: (plan) => merge(plan, table),
  };
}

function merge(plan: Plan, table: OpTable): Plan {
  if (!mayMerge(plan, table)) return plan;
  const edit = editPlan(plan);
  const first = new Map<string, OpId>();
  let areas: Areas | undefined;
  for (const { id } of plan.ops) {
    const op = edit.op(id);
    const facts = table.inspect(op)!;
    if (facts.spec.pure !== true) continue;
    const key = identityOf(op);
    const twin = first.get(key);
    if (twin === undefined) {
      first.set(key, id);
      continue;
    }
    const { inputs, outputs } = facts.ports;
    if (outputs.includes("stream") && !inputs.includes("stream")) {
      areas ??= findAreas(plan, table);
      if (!areas.join(twin, id)) continue;
    }
    for (let port = 0; port < outputs.length; port++) edit.rewire({ op: id, port }, { op: twin, port });
    edit.remove(id);
  }
  return edit.done();
}

const attrsTexts = new WeakMap<JsonObject, string>();

/** The same text for ops that do the same to the same inputs at the same place. */
function identityOf(op: Op): string {
  let attrs = attrsTexts.get(op.attrs);
  if (attrs === undefined) {
    attrs = canonicalJson(op.attrs);
    attrsTexts.set(op.attrs, attrs);
  }
  let text = `${op.kind}\0${op.at ?? ""}\0${attrs}`;
  for (const wire of op.inputs) text += `\0${wireKey(wire)}`;
  return text;
}

/** Whether there are two pure ops of a kind at all. */
function mayMerge(plan: Plan, table: OpTable): boolean {
  const kinds = new Set<string>();
  for (const op of plan.ops) {
    if (table.inspect(op)!.spec.pure !== true) continue;
    if (kinds.has(op.kind)) return true;
    kinds.add(op.kind);
  }
  return false;
}

/** The parts of a plan that no wire connects. */
interface Areas {
  /** Makes one area of those of two ops; false when they are in the same area already. */
  join(a: OpId, b: OpId): boolean;
}

/** The caller connects all stream results with each other and with what it gives: it may read and write in any order. */
function findAreas(plan: Plan, table: OpTable): Areas {
  const caller = "";
  const parents = new Map<OpId, OpId>();
  function find(id: OpId): OpId {
    let root = id;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    if (root !== id) parents.set(id, root);
    return root;
  }
  function join(a: OpId, b: OpId): boolean {
    const [from, to] = [find(a), find(b)];
    if (from === to) return false;
    parents.set(from, to);
    return true;
  }
  const ops = new Map<OpId, Op>(plan.ops.map((op) => [op.id, op]));
  for (const op of plan.ops) {
    for (const wire of op.inputs) join(op.id, wire.op);
    if (op.kind === "input" && op.attrs["carries"] === "stream") join(op.id, caller);
  }
  for (const wire of Object.values(plan.results)) {
    if (table.inspect(ops.get(wire.op)!)!.ports.outputs[wire.port] === "stream") join(wire.op, caller);
  }
  return { join };
}
