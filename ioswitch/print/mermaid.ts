import { DRIVER, type Op, type Plan, type Wire } from "../plan.ts";
import type { OpReport } from "../report.ts";
import { describeOp, describeReport, type PrintOptions, reportsById, wireFacts } from "./describe.ts";

/** `plan` as a Mermaid flowchart: the same picture as `printDot`, for Markdown pages. */
export function printMermaid(plan: Plan, options: PrintOptions): string {
  const reports = reportsById(options.report);
  const names = new Map(plan.ops.map((op, index) => [op.id, `op${index + 1}`]));
  const lines = options.title === undefined ? [] : ["---", `title: ${JSON.stringify(options.title)}`, "---"];
  lines.push("flowchart TD");
  const byNode = Map.groupBy(plan.ops, (op) => op.at ?? DRIVER);
  let count = 0;
  for (const [node, ops] of byNode) {
    const isOnly = byNode.size === 1 && node === DRIVER;
    count += 1;
    if (!isOnly) lines.push(`  subgraph node${count}[${quote(node)}]`);
    for (const op of ops) lines.push(`${isOnly ? "  " : "    "}${printBox(op, reports.get(op.id))}`);
    if (!isOnly) lines.push("  end");
  }
  const results = Object.entries(plan.results).sort(([a], [b]) => (a < b ? -1 : 1));
  results.forEach(([name], index) => {
    lines.push(`  result${index + 1}([${quote(name)}])`);
  });
  const carried = wireFacts(plan, options);
  for (const op of plan.ops) for (const wire of op.inputs) lines.push(printEdge(wire, names.get(op.id)!));
  results.forEach(([, wire], index) => {
    lines.push(printEdge(wire, `result${index + 1}`));
  });
  const failed = plan.ops.filter((op) => reports.get(op.id)?.outcome === "failed");
  if (failed.length > 0) {
    lines.push("  classDef failed fill:#ffd7d5,stroke:#cf222e");
    lines.push(`  class ${failed.map((op) => names.get(op.id)).join(",")} failed`);
  }
  return `${lines.join("\n")}\n`;

  function printBox(op: Op, report: OpReport | undefined): string {
    const text = [describeOp(op, options.table), ...(report === undefined ? [] : describeReport(report))];
    return `${names.get(op.id)}[${quote(text.join("\n"))}]`;
  }
  function printEdge(wire: Wire, to: string): string {
    const { isValue, ports } = carried(wire);
    const label = ports > 1 ? `|${wire.port}|` : "";
    return `  ${names.get(wire.op)} ${isValue ? "-.->" : "-->"}${label} ${to}`;
  }
}

/** A text as a Mermaid string: what could end it or start markup becomes a character code. */
function quote(text: string): string {
  const escaped = text
    .replace(/[#"<>&`\\\u0000-\u0009\u000b-\u001f]/g, (char) => `#${char.charCodeAt(0)};`)
    .replaceAll("\n", "<br/>");
  return `"${escaped}"`;
}
