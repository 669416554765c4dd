import type { Op, OpId } from "./plan.ts";

/** `ops` in topological order: the same list when it is in order already, and otherwise as near to it as can be.
 *
 *  Wires from ops that are not in the list are left alone. Throws, naming an op, when the wires run in a circle. */
export function sortOps(ops: readonly Op[]): readonly Op[] {
  if (isSorted(ops)) return ops;
  const byId = new Map<OpId, Op>(ops.map((op) => [op.id, op]));
  const state = new Map<OpId, "open" | "placed">();
  const sorted: Op[] = [];
  // Walks with a stack of its own: plans may be thousands of ops deep.
  for (const root of ops) {
    const stack: { readonly op: Op; next: number }[] = [{ op: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next === 0 && state.get(top.op.id) === "placed") {
        stack.pop();
        continue;
      }
      state.set(top.op.id, "open");
      const wire = top.op.inputs[top.next];
      top.next += 1;
      if (wire === undefined) {
        state.set(top.op.id, "placed");
        sorted.push(top.op);
        stack.pop();
        continue;
      }
      const producer = byId.get(wire.op);
      if (producer === undefined || state.get(wire.op) === "placed") continue;
      if (state.get(wire.op) === "open")
        throw new Error(`Cannot sort the plan: op "${wire.op}" depends on itself`);
      stack.push({ op: producer, next: 0 });
    }
  }
  return sorted;
}

function isSorted(ops: readonly Op[]): boolean {
  const seen = new Set<OpId>();
  const later = new Set<OpId>();
  for (const op of ops) {
    seen.add(op.id);
    for (const wire of op.inputs) if (!seen.has(wire.op) || wire.op === op.id) later.add(wire.op);
  }
  for (const id of later) if (seen.has(id)) return false;
  return true;
}
