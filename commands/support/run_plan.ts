import { basename, resolve } from "node:path";
import { formatAddress, parseAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress } from "../../core/catalog/catalog.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { fileSource } from "../../core/local/file_source.ts";
import { parseScheme } from "../../core/redundancy/parse_scheme.ts";
import { TRANSFER_TABLE } from "../../core/transfer/ops/all.ts";
import type { Plan } from "../../ioswitch/plan.ts";
import type { PrintOptions } from "../../ioswitch/print/describe.ts";
import { printDot } from "../../ioswitch/print/dot.ts";
import { printMermaid } from "../../ioswitch/print/mermaid.ts";
import { printText } from "../../ioswitch/print/text.ts";
import type { Edge } from "../command.ts";
import { describedTable } from "./described_table.ts";
import { parseDestination } from "./destination.ts";
import { addressJson } from "./object_json.ts";
import { plural } from "./plural.ts";
import { rangeOf } from "./run_cat.ts";
import { storedText } from "./stored_text.ts";

/** How a plan is shown; text unless something else is asked for. */
interface PlanFormat {
  readonly text?: true | undefined;
  readonly dot?: true | undefined;
  readonly mermaid?: true | undefined;
}

/** What the command line of `plan put` said. */
export interface PlanPutArguments extends PlanFormat {
  readonly source: string;
  readonly target: string;
  readonly size?: number | undefined;
  readonly redundancy?: string | undefined;
  readonly spaces?: readonly string[] | undefined;
  readonly affinity?: string | undefined;
  readonly before?: true | undefined;
}

/** What the command line of `plan get` said. */
export interface PlanGetArguments extends PlanFormat {
  readonly source: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly without?: readonly string[] | undefined;
  readonly before?: true | undefined;
}

/** Shows the plan of storing one file. */
export async function runPlanPut(edge: Edge, put: PlanPutArguments): Promise<void> {
  checkFormat(edge, put);
  const destination = parseDestination(put.target, { command: "plan put", several: false });
  if (put.source === "-" && destination.kind === "into") {
    throw new JcsError(
      "Usage",
      'Cannot plan for "-": standard input has no name; write bucket/package/name as the target',
    );
  }
  const file = resolve(edge.directory, put.source);
  const size = put.size ?? (put.source === "-" ? undefined : (await fileSource(file)).size);
  const address = destination.object(basename(file));
  const client = await edge.client();
  const plan = await client.planPut({
    address,
    ...(size === undefined ? {} : { size }),
    ...(put.redundancy === undefined ? {} : { scheme: parseScheme(put.redundancy) }),
    ...(put.spaces === undefined ? {} : { spaces: put.spaces }),
    ...(put.affinity === undefined ? {} : { affinity: put.affinity }),
    ...(put.before ? { before: true } : {}),
  });
  showPlan(edge, { client, plan, address, command: "put", format: put });
}

/** Shows the plan of reading one object. */
export async function runPlanGet(edge: Edge, get: PlanGetArguments): Promise<void> {
  checkFormat(edge, get);
  const parsed = parseAddress(storedText(get.source, "plan get"));
  if (parsed.kind !== "object") {
    throw new JcsError("Usage", `Cannot plan a get of ${JSON.stringify(get.source)}: name one object`);
  }
  const address = { bucket: parsed.bucket, package: parsed.package, path: parsed.path };
  const client = await edge.client();
  const plan = await client.planGet({
    address,
    ...rangeOf(get),
    ...(get.without === undefined ? {} : { without: get.without }),
    ...(get.before ? { before: true } : {}),
  });
  showPlan(edge, { client, plan, address, command: "get", format: get });
}

function checkFormat(edge: Edge, format: PlanFormat): void {
  const asked = [format.text, format.dot, format.mermaid, edge.global().json || undefined].filter(Boolean);
  if (asked.length > 1)
    throw new JcsError(
      "Usage",
      "Cannot show a plan in two ways: choose one of --text, --dot, --mermaid, --json",
    );
}

function showPlan(
  edge: Edge,
  shown: {
    readonly client: Client;
    readonly plan: Plan;
    readonly address: ObjectAddress;
    readonly command: string;
    readonly format: PlanFormat;
  },
): void {
  const { client, plan, address, command, format } = shown;
  const table = describedTable(TRANSFER_TABLE, client.describe(plan));
  const options: PrintOptions = { table, title: `${command} ${formatAddress(address)}` };
  const print = format.dot ? printDot : format.mermaid ? printMermaid : printText;
  edge.output.result({
    text: edge.global().json ? "" : print(plan, options).trimEnd(),
    json: { type: "plan", command, ...addressJson(address), plan },
  });
  const kinds = Object.fromEntries(
    [...Map.groupBy(plan.ops, (op) => op.kind)].map(([kind, ops]) => [kind, ops.length]),
  );
  const nodes = new Set(plan.ops.map((op) => op.at ?? "driver")).size;
  const isDrawing = format.dot || format.mermaid;
  edge.output.summary({
    ...(isDrawing
      ? {}
      : { text: `${plural(plan.ops.length, "op")} on ${plural(nodes, "node")}; nothing was transferred` }),
    json: { ops: plan.ops.length, nodes, kinds },
  });
}
