import { formatByteSize } from "../../core/bytes/byte_size.ts";
import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectRecord } from "../../core/catalog/catalog.ts";
import type { BlockView, SpaceView } from "../../core/client.ts";
import { printable } from "../../core/printable.ts";
import { failureDomainOf } from "../../core/redundancy/failure_domain.ts";
import { formatScheme } from "../../core/redundancy/parse_scheme.ts";
import { roleOf, shapeOf } from "../../core/redundancy/shape.ts";
import { tolerance } from "../../core/redundancy/tolerance.ts";
import type { Edge } from "../command.ts";
import { addressJson } from "./object_json.ts";
import { plural } from "./plural.ts";
import { endRun, runObjects } from "./run_objects.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";

/** What is known about the safety of one object. */
interface Safety {
  readonly record: ObjectRecord;
  readonly blocks: readonly (BlockView & { readonly location?: string; readonly account?: string })[];
  readonly needed: number;
  readonly missingBlocks: readonly number[];
  /** Those that lie on spaces which are not configured (any more): nothing can be read there. */
  readonly blocksWithoutSpace: readonly BlockView[];
  readonly spaces: number;
  readonly failureDomains: number;
  /** Absent when too few blocks are recorded, on spaces that are configured, to read the object. */
  readonly mayLose?: { readonly spaces: number; readonly failureDomains: number };
}

/** Shows where the blocks of the objects are that the arguments name, and what may still be lost. */
export async function runRedundancyShow(edge: Edge, sources: readonly string[]): Promise<void> {
  const client = await edge.client();
  const spaces = new Map((await client.spaces.list()).map((space) => [space.name, space]));
  let shown = 0;
  const run = await runObjects<StoredItem>(edge, {
    items: storedItems(client, { sources, command: "redundancy show" }),
    inOrder: true,
    work: async ({ object }) => {
      const safety = assess(await client.stat(object.address), spaces);
      if (shown++ > 0 && !edge.global().json) edge.output.result({ text: "", json: {} });
      show(edge, safety);
    },
  });
  edge.output.summary({ json: { objects: shown, failed: run.failed } });
  endRun(run, "show");
}

function assess(record: ObjectRecord, spaces: ReadonlyMap<string, SpaceView>): Safety {
  const { redundancy } = record.generation;
  const { blocks: count, needed } = shapeOf(redundancy);
  const blocks = record.blocks.map((block) => {
    const { location, account } = spaces.get(block.space) ?? {};
    return {
      ...block,
      role: roleOf(redundancy, block.index),
      ...(location === undefined ? {} : { location }),
      ...(account === undefined ? {} : { account }),
    };
  });
  const present = new Set(blocks.map(({ index }) => index));
  const onSpaces = blocks.map(({ space }) => space).filter((name) => spaces.has(name));
  const inDomains = onSpaces.map((name) => failureDomainOf(spaces.get(name) ?? { name }));
  const spacesToLose = tolerance(onSpaces, needed);
  const domainsToLose = tolerance(inDomains, needed);
  return {
    record,
    blocks,
    needed,
    missingBlocks: Array.from({ length: count }, (_, index) => index).filter((index) => !present.has(index)),
    blocksWithoutSpace: blocks.filter(({ space }) => !spaces.has(space)),
    spaces: new Set(onSpaces).size,
    failureDomains: new Set(inDomains).size,
    ...(spacesToLose === undefined || domainsToLose === undefined
      ? {}
      : { mayLose: { spaces: spacesToLose, failureDomains: domainsToLose } }),
  };
}

function show(edge: Edge, safety: Safety): void {
  const { record, blocks, needed, missingBlocks, blocksWithoutSpace, mayLose } = safety;
  const { generation } = record;
  const scheme = formatScheme(generation.redundancy);
  const name = printable(formatAddress(record.address));
  edge.output.result({
    text: `${name}  ${scheme}  ${formatByteSize(generation.size)}`,
    json: {
      type: "redundancy",
      ...addressJson(record.address),
      redundancy: scheme,
      size: generation.size,
      needed,
      missingBlocks,
      blocksWithoutSpace: blocksWithoutSpace.map(({ index }) => index),
      mayLose: mayLose ?? null,
      blocks: blocks.map(({ index, role, space, location, account, bytes }) => ({
        index,
        role,
        space,
        location,
        account,
        bytes,
      })),
    },
  });
  if (edge.global().json) return;
  edge.output.table({
    columns: [
      { key: "index", title: "BLOCK", align: "right" },
      { key: "role", title: "ROLE" },
      { key: "space", title: "SPACE" },
      { key: "location", title: "LOCATION" },
      { key: "bytes", title: "BYTES", align: "right" },
    ],
    rows: blocks.map((block) => ({ ...block })),
  });
  edge.output.result({ text: verdict(safety), json: {} });
}

function verdict(safety: Safety): string {
  const { needed, mayLose, spaces, failureDomains } = safety;
  const owed = absences(safety);
  if (mayLose === undefined) {
    return `${owed}Cannot be read: ${plural(needed, "block")} ${needed === 1 ? "is" : "are"} needed`;
  }
  if (mayLose.spaces === 0) return `${owed}Nothing may be lost: no space can be missed`;
  const domains =
    mayLose.failureDomains === 0
      ? "but not a whole failure domain"
      : `any ${mayLose.failureDomains} of ${plural(failureDomains, "failure domain")}`;
  return `${owed}May be lost: any ${mayLose.spaces} of ${plural(spaces, "space")}, ${domains}`;
}

/** What is not there, each as a sentence with a space behind it. */
function absences({ missingBlocks, blocksWithoutSpace }: Safety): string {
  const missing = missingBlocks.length > 0 ? `Missing: blocks ${missingBlocks.join(", ")}. ` : "";
  const stray = blocksWithoutSpace.map(({ index, space }) => `${index} on ${JSON.stringify(space)}`);
  return stray.length > 0 ? `${missing}Not configured: the spaces of blocks ${stray.join(", ")}. ` : missing;
}
