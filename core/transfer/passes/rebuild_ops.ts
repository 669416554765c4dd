import type { Op } from "../../../ioswitch/plan.ts";
import type { PlanEdit } from "../../../ioswitch/plan_edit.ts";
import type { EcRebuildAttrs } from "../attrs.ts";

/** Whether `op` computes shards from shards. */
export function isRebuild(op: Op): op is Op<EcRebuildAttrs> {
  return op.kind === "ec.rebuild";
}

/** Lets a rebuild make only the shards `kept`, some of what it makes; the others must have no consumer. Without any it is removed. */
export function keepOutputs(edit: PlanEdit, op: Op<EcRebuildAttrs>, kept: readonly number[]): void {
  if (kept.length === 0) {
    edit.remove(op.id);
    return;
  }
  // In ascending order: a port only ever moves down, to one whose own consumers have moved already.
  op.attrs.outputs.forEach((shard, port) => {
    const moved = kept.indexOf(shard);
    if (moved >= 0 && moved !== port) edit.rewire({ op: op.id, port }, { op: op.id, port: moved });
  });
  edit.update(op.id, { attrs: { ...op.attrs, outputs: kept } });
}
