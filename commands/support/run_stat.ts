import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectRecord } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { formatScheme } from "../../core/redundancy/parse_scheme.ts";
import { shapeOf } from "../../core/redundancy/shape.ts";
import type { Edge } from "../command.ts";
import { objectJson } from "./object_json.ts";
import { formatTime } from "./run_ls.ts";
import { endRun, runObjects } from "./run_objects.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";

/** Shows all that is known about the objects that the arguments name. */
export async function runStat(edge: Edge, sources: readonly string[]): Promise<void> {
  const client = await edge.client();
  let shown = 0;
  const run = await runObjects<StoredItem>(edge, {
    items: storedItems(client, { sources, command: "stat", check: refuseTree }),
    inOrder: true,
    work: async ({ object }) => {
      const record = await client.stat(object.address);
      const text = describe(record);
      edge.output.result({
        text: shown++ === 0 ? text : `\n${text}`,
        json: { type: "object", ...objectJson(record), blocks: record.blocks },
      });
    },
  });
  edge.output.summary({ json: { objects: shown, failed: run.failed } });
  endRun(run, "stat");
}

function refuseTree(selection: { readonly kind: string }, source: string): void {
  if (selection.kind !== "tree") return;
  throw new JcsError(
    "Usage",
    `Cannot stat ${JSON.stringify(source)}: it is not an object. List it with jcs ls`,
  );
}

function describe(record: ObjectRecord): string {
  const { generation, blocks } = record;
  const metadata = Object.entries(generation.metadata).map(([key, value]) => `${key}=${value}`);
  const lines: (readonly [string, string])[] = [
    ["Object", formatAddress(record.address)],
    ["Size", `${generation.size} bytes`],
    ["Hash", generation.hash],
    ["Modified", generation.modifiedAt === undefined ? "-" : formatTime(generation.modifiedAt)],
    ["Stored", formatTime(generation.createdAt)],
    ["Created", formatTime(record.createdAt)],
    ["Updated", formatTime(record.updatedAt)],
    ["Generation", generation.id],
    ["Redundancy", formatScheme(generation.redundancy)],
    ["Blocks", `${blocks.length} of ${shapeOf(generation.redundancy).blocks}`],
    ["Spaces", [...new Set(blocks.map(({ space }) => space))].join(", ")],
    ...(metadata.length > 0 ? [["Metadata", metadata.join(", ")] as const] : []),
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(12)}${printable(value)}`).join("\n");
}
