import { DRIVER, type Op, type Plan, type Wire } from "../plan.ts";
import type { OpReport } from "../report.ts";
import { describeOp, describeReport, type PrintOptions, reportsById, wireFacts } from "./describe.ts";

const FILL = "#f6f8fa";
const FAILED = "#ffd7d5";
const STOPPED = "#fff1c2";

/** `plan` as a Graphviz graph, top to bottom: a box for each op with what it does, a cluster for each node, results at
 *  the end; streams are solid, values dashed. With a report each box also tells how the op went, and failed ops are red.
 *
 *  Draw it with `dot -Tsvg`. */
export function printDot(plan: Plan, options: PrintOptions): string {
  const reports = reportsById(options.report);
  const lines = [
    `digraph ${quote(options.title ?? "plan")} {`,
    ...(options.title === undefined ? [] : [`  label=${quote(options.title)}; labelloc=t;`]),
    '  graph [fontname="sans-serif", nodesep=0.3, ranksep=0.4];',
    `  node [fontname="sans-serif", fontsize=11, shape=box, style="rounded,filled", fillcolor="${FILL}", color="#57606a"];`,
    '  edge [fontname="sans-serif", fontsize=9, color="#57606a", arrowsize=0.7];',
  ];
  const byNode = Map.groupBy(plan.ops, (op) => op.at ?? DRIVER);
  let cluster = 0;
  for (const [node, ops] of byNode) {
    const isOnly = byNode.size === 1 && node === DRIVER;
    if (!isOnly) {
      lines.push(
        `  subgraph cluster_${cluster} {`,
        `    label=${quote(node)}; style=rounded; color="#8c959f";`,
      );
      cluster += 1;
    }
    const indent = isOnly ? "  " : "    ";
    for (const op of ops) lines.push(`${indent}${printBox(op, options, reports.get(op.id))}`);
    if (!isOnly) lines.push("  }");
  }
  const results = Object.entries(plan.results).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name] of results) {
    lines.push(`  ${resultId(name)} [label=${quote(name)}, shape=oval, fillcolor="#ddf4ff"];`);
  }
  const carried = wireFacts(plan, options);
  for (const op of plan.ops) for (const wire of op.inputs) lines.push(printEdge(wire, quote(op.id)));
  for (const [name, wire] of results) lines.push(printEdge(wire, resultId(name)));
  return `${lines.join("\n")}\n}\n`;

  function printEdge(wire: Wire, to: string): string {
    const { isValue, ports } = carried(wire);
    const attributes = [
      ...(isValue ? ["style=dashed"] : []),
      ...(ports > 1 ? [`taillabel=${quote(String(wire.port))}`] : []),
    ];
    const suffix = attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
    return `  ${quote(wire.op)} -> ${to}${suffix};`;
  }
}

function printBox(op: Op, { table }: PrintOptions, report: OpReport | undefined): string {
  const lines = [describeOp(op, table), ...(report === undefined ? [] : describeReport(report))];
  const fill =
    report?.outcome === "failed" || report?.outcome === "abandoned"
      ? FAILED
      : report?.outcome === "stopped"
        ? STOPPED
        : FILL;
  const color = fill === FILL ? "" : `, fillcolor="${fill}"`;
  return `${quote(op.id)} [label=${quote(lines.join("\n"))}, tooltip=${quote(op.id)}${color}];`;
}

function resultId(name: string): string {
  return quote(`=> ${name}`);
}

/** A text as a DOT string: quotes and backslashes escaped, line breaks kept. */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
