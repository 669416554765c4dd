import type { OpTable } from "../op_table.ts";
import type { Op, Plan, Wire } from "../plan.ts";
import type { OpReport, RunReport } from "../report.ts";
import { formatBytes, formatMs } from "./units.ts";

/** What every printer takes besides the plan. */
export interface PrintOptions {
  readonly table: OpTable;
  /** What a run of the plan did: bytes, times and errors are printed with each op. */
  readonly report?: RunReport | undefined;
  readonly title?: string | undefined;
}

/** The op as one line, without its id; never throws, also for ops that are unknown or unsound. */
export function describeOp(op: Op, table: OpTable): string {
  const facts = table.inspect(op);
  return oneLine(facts === undefined || facts.problems.length > 0 ? op.kind : facts.spec.describe(op));
}

/** What an op did, in a few words each: how it ended, how long it took, bytes in and out, its error. */
export function describeReport(report: OpReport): string[] {
  const parts: string[] = [];
  if (report.outcome !== "done") parts.push(report.outcome);
  if (report.endMs !== undefined) parts.push(formatMs(report.endMs - report.startMs));
  if (report.bytesIn > 0) parts.push(`in ${formatBytes(report.bytesIn)}`);
  if (report.bytesOut > 0) parts.push(`out ${formatBytes(report.bytesOut)}`);
  if (report.error !== undefined) parts.push(oneLine(report.error));
  return parts;
}

/** The reports of a run by the id of their op. */
export function reportsById(report: RunReport | undefined): ReadonlyMap<string, OpReport> {
  return new Map(report?.ops.map((op) => [op.id, op]));
}

/** Tells whether a wire carries a value, and how many outputs its op has. */
export function wireFacts(
  plan: Plan,
  options: PrintOptions,
): (wire: Wire) => { readonly isValue: boolean; readonly ports: number } {
  const ops = new Map(plan.ops.map((op) => [op.id, op]));
  return (wire) => {
    const op = ops.get(wire.op);
    const outputs = op === undefined ? [] : (options.table.inspect(op)?.ports.outputs ?? []);
    return { isValue: outputs[wire.port] === "value", ports: outputs.length };
  };
}

/** Control characters, which names and messages may hold, become what a string literal has for them. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, (char) =>
    JSON.stringify(char).slice(1, -1).replace("\u007f", "\\u007f"),
  );
}
