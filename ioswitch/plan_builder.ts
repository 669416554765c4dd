import type { JsonObject } from "./json.ts";
import type { AttrsByKind, OpTable } from "./op_table.ts";
import type { NodeId, Op, OpId, Plan, Wire } from "./plan.ts";
import { verifyPlan } from "./verify.ts";

/** An op that was added to a plan. */
export interface AddedOp {
  readonly id: OpId;
  /** The wire that leaves output `port`, the first unless given. */
  out(port?: number): Wire;
}

/** Builds a plan, op by op in topological order. `Kinds` types the attributes of each kind. */
export interface PlanBuilder<Kinds extends AttrsByKind = AttrsByKind> {
  /** Adds an op called `kind#n`, with n counting up from 1 for each kind. Throws when the kind is unknown. */
  add<Kind extends keyof Kinds & string>(
    kind: Kind,
    attrs: Kinds[Kind],
    inputs?: readonly Wire[],
    options?: { readonly at?: NodeId | undefined },
  ): AddedOp;
  /** Makes `wire` a result. Throws when there is one of that name. */
  result(name: string, wire: Wire): void;
  /** The plan so far. Throws an `InvalidPlanError` when it is not sound. */
  build(): Plan;
}

/** What {@link createPlanBuilder} takes. */
export interface PlanBuilderOptions {
  readonly table: OpTable;
  /** See `Plan.bufferBytes`; 4 MiB unless given. */
  readonly bufferBytes?: number;
}

/** Makes a builder with nothing in it. */
export function createPlanBuilder<Kinds extends AttrsByKind = AttrsByKind>(
  options: PlanBuilderOptions,
): PlanBuilder<Kinds> {
  const { table, bufferBytes = 4 << 20 } = options;
  const ops: Op[] = [];
  const results: Record<string, Wire> = {};
  const counts = new Map<string, number>();
  return {
    add(kind, attrs: JsonObject, inputs = [], { at } = {}) {
      table.get(kind);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const id = `${kind}#${count}`;
      ops.push({ id, kind, attrs, inputs, ...(at === undefined ? {} : { at }) });
      return { id, out: (port = 0) => ({ op: id, port }) };
    },
    result(name, wire) {
      if (Object.hasOwn(results, name)) throw new Error(`Cannot add result "${name}": there is one already`);
      results[name] = wire;
    },
    build() {
      const plan: Plan = { ops: [...ops], results: { ...results }, bufferBytes };
      verifyPlan(plan, table);
      return plan;
    },
  };
}
