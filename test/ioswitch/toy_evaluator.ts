import type { Op, Plan } from "../../ioswitch/plan.ts";
import { toyBytes } from "./toy_ops.ts";

type Port = Uint8Array | number;

/** What the results of a plan of pure toy ops must be: op by op, whole streams at a time, without the engine. */
export function evaluateToy(plan: Plan): ReadonlyMap<string, Port> {
  const outputs = new Map<string, readonly Port[]>();
  for (const op of plan.ops) {
    outputs.set(
      op.id,
      evaluateOp(
        op,
        op.inputs.map((wire) => outputs.get(wire.op)![wire.port]!),
      ),
    );
  }
  return new Map(
    Object.entries(plan.results).map(([name, wire]) => [name, outputs.get(wire.op)![wire.port]!]),
  );
}

function evaluateOp(op: Op, inputs: readonly Port[]): readonly Port[] {
  const attrs = op.attrs as Readonly<Record<string, number>>;
  const streams = inputs.filter((port) => typeof port !== "number");
  const values = inputs.filter((port) => typeof port === "number");
  const [first = new Uint8Array(), second = new Uint8Array()] = streams;
  switch (op.kind) {
    case "toy.bytes":
      return [toyBytes(attrs["seed"]!, attrs["bytes"]!)];
    case "toy.add":
      return [first.map((byte) => byte + attrs["amount"]!)];
    case "toy.mix": {
      const bytes = Math.max(first.length, second.length);
      return [Uint8Array.from({ length: bytes }, (_, at) => (first[at] ?? 0) ^ (second[at] ?? 0))];
    }
    case "toy.sum":
      return [first.reduce((total, byte) => total + byte, 0)];
    case "toy.plus":
      return [values.reduce((total, value) => total + value, 0)];
    case "toy.shift":
      return [first.map((byte) => byte + values[0]!)];
    case "range":
      return [first.slice(attrs["offset"], attrs["offset"]! + attrs["length"]!)];
    case "concat":
      return [Uint8Array.from(streams.flatMap((stream) => [...stream]))];
    case "length":
      return [first, first.length];
    default:
      throw new Error(`Cannot evaluate op "${op.kind}"`);
  }
}
