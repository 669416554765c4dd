import { formatAddress } from "../../core/catalog/address.ts";
import { isKind, JcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { addressJson } from "./object_json.ts";
import { plural } from "./plural.ts";
import { doneText, endRun, runObjects, type WorkItem } from "./run_objects.ts";
import type { Selection } from "./select_stored.ts";
import { showDetail } from "./show_detail.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";

/** What the command line of `rm` said. */
export interface RmArguments {
  readonly addresses: readonly string[];
  readonly recursive?: true | undefined;
  readonly force?: true | undefined;
  readonly dryRun?: true | undefined;
}

/** Removes what the arguments name. */
export async function runRm(edge: Edge, rm: RmArguments): Promise<void> {
  const client = await edge.client();
  let removed = 0;
  const items = storedItems(client, {
    sources: rm.addresses,
    command: "rm",
    recursive: rm.recursive,
    check: (selection, source) => {
      if (!rm.recursive) refuseTree(selection, source);
    },
  });
  const run = await runObjects<StoredItem>(edge, {
    items: rm.force ? withoutMissing(items) : items,
    work: async ({ object }) => {
      const name = formatAddress(object.address);
      const json = { type: "rm", ...addressJson(object.address), size: object.generation.size };
      if (rm.dryRun) {
        edge.output.result({ text: `would remove ${JSON.stringify(name)}`, json: { ...json, dryRun: true } });
      } else {
        try {
          await client.remove(object.address);
        } catch (error) {
          if (!rm.force || !isKind(error, "NotFound")) throw error;
        }
        showDetail(edge, { text: `removed ${JSON.stringify(name)}`, json });
      }
      removed++;
    },
  });
  edge.output.summary({
    ...doneText(run, rm.dryRun ? `Nothing was removed: --dry-run` : `Removed ${plural(removed, "object")}`),
    json: { removed, failed: run.failed, ...(rm.dryRun ? { dryRun: true } : {}) },
  });
  endRun(run, "remove");
}

function refuseTree(selection: Selection, source: string): void {
  const isTree =
    selection.kind === "tree" || (selection.kind === "glob" && selection.glob.pattern.endsWith("/"));
  if (!isTree) return;
  throw new JcsError(
    "Usage",
    `Cannot remove ${JSON.stringify(source)}: it is not one object. Use -r to remove all below it`,
  );
}

/** The same items without those that name nothing. */
export async function* withoutMissing<T>(items: AsyncIterable<WorkItem<T>>): AsyncGenerator<WorkItem<T>> {
  for await (const item of items) {
    if (item.kind === "work" || item.error.kind !== "NotFound") yield item;
  }
}
