import { formatAddress } from "../../core/catalog/address.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { listSelection, type SelectedObject } from "./list_selection.ts";
import type { WorkItem } from "./run_objects.ts";
import { nothingMatches, type Selection, selectStored } from "./select_stored.ts";
import { storedText } from "./stored_text.ts";

/** An object that an argument of a command names, and the selection it comes of. */
export interface StoredItem extends SelectedObject {
  readonly selection: Selection;
}

/** The objects that the arguments of `command` name, in their order; an argument that names nothing is a failure among them.
 *
 *  `check` may refuse a selection by throwing. Arguments that cannot be addresses at all throw before the first item. */
export async function* storedItems(
  client: Client,
  options: {
    readonly sources: readonly string[];
    readonly command: string;
    /** A glob also takes everything below the prefixes that it matches. */
    readonly recursive?: boolean | undefined;
    /** Whole objects are read: their sizes count as work. */
    readonly transfers?: boolean;
    readonly check?: (selection: Selection, source: string) => void;
  },
): AsyncGenerator<WorkItem<StoredItem>> {
  const texts = options.sources.map((source) => storedText(source, options.command));
  for (const text of texts) {
    try {
      const selections = await selectStored(client, text);
      let found = false;
      for (const selection of selections) {
        options.check?.(selection, text);
        for await (const selected of listSelection(client, { ...options, selection })) {
          found = true;
          const name = formatAddress(selected.object.address);
          const bytes = options.transfers ? selected.object.generation.size : 0;
          yield { kind: "work", name, item: { ...selected, selection }, bytes };
        }
      }
      if (!found && selections.some(({ kind }) => kind === "glob")) throw nothingMatches(text);
    } catch (error) {
      if (!(error instanceof JcsError)) throw error;
      yield { kind: "failure", error };
    }
  }
}
