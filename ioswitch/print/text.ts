import { DRIVER, type Op, type Plan, type Wire } from "../plan.ts";
import { describeOp, describeReport, type PrintOptions, reportsById } from "./describe.ts";
import { formatBytes } from "./units.ts";

/** `plan` as lines for people: one for each op with its id, what it does, its inputs as `op.port`, and its node when that
 *  is not the driver; then the results. */
export function printText(plan: Plan, options: PrintOptions): string {
  const rows = plan.ops.map((op) => [op.id, describeOp(op, options.table), describeInputs(op)] as const);
  const idWidth = Math.max(0, ...rows.map(([id]) => id.length));
  const reports = reportsById(options.report);
  const lines = [
    `plan${options.title === undefined ? "" : ` ${options.title}`}, ${formatBytes(plan.bufferBytes)} per wire`,
  ];
  rows.forEach(([id, what, inputs], index) => {
    const { at } = plan.ops[index]!;
    const place = at === undefined || at === DRIVER ? "" : ` @${at}`;
    const report = reports.get(id);
    const done = report === undefined ? "" : `  [${describeReport(report).join(", ")}]`;
    lines.push(`  ${id.padEnd(idWidth)}  ${what}${inputs}${place}${done}`);
  });
  for (const [name, wire] of Object.entries(plan.results).sort(byName)) {
    lines.push(`  ${`=> ${name}`.padEnd(idWidth)}  ${describeWire(wire)}`);
  }
  return `${lines.join("\n")}\n`;
}

function describeInputs(op: Op): string {
  return op.inputs.length === 0 ? "" : ` <- ${op.inputs.map(describeWire).join(", ")}`;
}

function describeWire(wire: Wire): string {
  return `${wire.op}.${wire.port}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
