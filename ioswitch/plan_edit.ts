import type { JsonObject } from "./json.ts";
import type { NodeId, Op, OpId, Plan, Wire } from "./plan.ts";
import type { AddedOp } from "./plan_builder.ts";
import type { Consumer } from "./plan_index.ts";
import { sortOps } from "./sort_ops.ts";

/** What {@link PlanEdit.update} may change of an op; its id stays. `at: undefined` takes the op from its place. */
export interface OpChanges {
  readonly kind?: string;
  readonly attrs?: JsonObject;
  readonly inputs?: readonly Wire[];
  readonly at?: NodeId | undefined;
}

/** Changes to a plan, collected by a pass. The plan itself stays as it is.
 *
 *  Nothing is checked on the way: wires may hang loose until `done`, after which the runner verifies the plan. Ops that
 *  are not touched stay the same objects. */
export interface PlanEdit {
  /** The ops as they are now, in no promised order. */
  readonly ops: Iterable<Op>;
  /** The op called `id` as it is now. Throws when there is none. */
  op(id: OpId): Op;
  /** Adds an op with a new id `kind#n`. */
  add(
    kind: string,
    attrs: JsonObject,
    inputs?: readonly Wire[],
    options?: { readonly at?: NodeId | undefined },
  ): AddedOp;
  /** Changes an op in place. Throws when there is none. */
  update(id: OpId, changes: OpChanges): void;
  /** Takes ops out. Their consumers must be rewired too. */
  remove(...ids: readonly OpId[]): void;
  /** Lets everyone who takes `from` take `to` instead, ops added so far included: to put an op in between, rewire first
   *  and add the op that takes `from` afterwards, or use {@link connect}. */
  rewire(from: Wire, to: Wire): void;
  /** Lets one consumer take `to`. */
  connect(consumer: Consumer, to: Wire): void;
  /** The edited plan in topological order; the very plan that was edited when nothing was changed.
   *  Throws when the wires run in a circle. */
  done(): Plan;
}

/** Starts an edit of `plan`. */
export function editPlan(plan: Plan): PlanEdit {
  const ops = new Map<OpId, Op>(plan.ops.map((op) => [op.id, op]));
  const results: Record<string, Wire> = { ...plan.results };
  let counts: Map<string, number> | undefined;
  let changed = false;

  function get(id: OpId): Op {
    const op = ops.get(id);
    if (op === undefined) throw new Error(`Cannot edit op "${id}": the plan has no such op`);
    return op;
  }
  function set(op: Op): void {
    ops.set(op.id, op);
    changed = true;
  }
  function freshId(kind: string): OpId {
    counts ??= highestNumbers(plan);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return `${kind}#${count}`;
  }

  return {
    get ops() {
      return ops.values();
    },
    op: get,
    add(kind, attrs, inputs = [], { at } = {}) {
      const id = freshId(kind);
      set({ id, kind, attrs, inputs, ...(at === undefined ? {} : { at }) });
      return { id, out: (port = 0) => ({ op: id, port }) };
    },
    update(id, changes) {
      const { at: oldAt, ...old } = get(id);
      const { at = "at" in changes ? undefined : oldAt, ...rest } = changes;
      set({ ...old, ...rest, ...(at === undefined ? {} : { at }) });
    },
    remove(...ids) {
      for (const id of ids) if (ops.delete(id)) changed = true;
    },
    rewire(from, to) {
      for (const op of ops.values()) {
        if (op.inputs.some((wire) => same(wire, from))) {
          set({ ...op, inputs: op.inputs.map((wire) => (same(wire, from) ? to : wire)) });
        }
      }
      for (const name of Object.keys(results)) {
        if (!same(results[name]!, from)) continue;
        results[name] = to;
        changed = true;
      }
    },
    connect(consumer, to) {
      if (consumer.kind === "result") {
        results[consumer.name] = to;
        changed = true;
        return;
      }
      const op = get(consumer.op.id);
      set({ ...op, inputs: op.inputs.map((wire, port) => (port === consumer.port ? to : wire)) });
    },
    done: () =>
      changed ? { ops: sortOps([...ops.values()]), results, bufferBytes: plan.bufferBytes } : plan,
  };
}

function same(a: Wire, b: Wire): boolean {
  return a.op === b.op && a.port === b.port;
}

/** The highest n of the ids `kind#n`, by kind. */
function highestNumbers(plan: Plan): Map<string, number> {
  const highest = new Map<string, number>();
  for (const { id } of plan.ops) {
    const mark = id.lastIndexOf("#");
    const number = Number(id.slice(mark + 1));
    if (mark < 0 || !Number.isSafeInteger(number)) continue;
    const kind = id.slice(0, mark);
    if (number > (highest.get(kind) ?? 0)) highest.set(kind, number);
  }
  return highest;
}
