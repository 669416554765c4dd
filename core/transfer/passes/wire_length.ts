import type { Plan, Wire } from "../../../ioswitch/plan.ts";
import type { BlockReadAttrs } from "../attrs.ts";
import { isRange } from "./range_ops.ts";
import { isRebuild } from "./rebuild_ops.ts";

/** Bytes of the stream on a wire; `undefined` where the plan does not say. */
export function wireLength(plan: Plan, wire: Wire): number | undefined {
  const op = plan.ops.find((candidate) => candidate.id === wire.op);
  if (!op) return undefined;
  if (op.kind === "block.read") return (op.attrs as BlockReadAttrs).length;
  if (isRange(op)) return op.attrs.length;
  if (isRebuild(op)) return op.inputs[0] && wireLength(plan, op.inputs[0]);
  return undefined;
}
