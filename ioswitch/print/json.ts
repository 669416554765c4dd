import { canonicalJson } from "../canonical_json.ts";
import type { Op, Plan } from "../plan.ts";

/** `plan` as canonical JSON, one op on each line: equal plans give equal text. `parsePlan` reads it back. */
export function printJson(plan: Plan): string {
  const ops = plan.ops.map((op) => `\n    ${printOp(op)}`).join(",");
  const results = Object.keys(plan.results)
    .sort()
    .map((name) => `\n    ${JSON.stringify(name)}: ${canonicalJson({ ...plan.results[name]! })}`)
    .join(",");
  const close = (body: string) => (body === "" ? "" : "\n  ");
  return `{
  "bufferBytes": ${plan.bufferBytes},
  "ops": [${ops}${close(ops)}],
  "results": {${results}${close(results)}}
}
`;
}

function printOp({ id, kind, at, attrs, inputs }: Op): string {
  const place = at === undefined ? "" : `"at": ${JSON.stringify(at)}, `;
  const wires = inputs.map((wire) => canonicalJson({ op: wire.op, port: wire.port })).join(", ");
  return `{ "id": ${JSON.stringify(id)}, "kind": ${JSON.stringify(kind)}, ${place}"attrs": ${canonicalJson(attrs)}, "inputs": [${wires}] }`;
}
