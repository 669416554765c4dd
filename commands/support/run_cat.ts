import { formatAddress } from "../../core/catalog/address.ts";
import { JcsError } from "../../core/errors.ts";
import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { Edge } from "../command.ts";
import { endRun, runObjects } from "./run_objects.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";
import { workaroundNotes } from "./workaround_notes.ts";

/** What the command line of `cat`, or of `get` with `-`, said. */
export interface CatArguments {
  readonly sources: readonly string[];
  /** Named in errors. */
  readonly command: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly verify?: true | undefined;
  readonly recursive?: true | undefined;
}

/** Writes the bytes of objects to stdout, one after the other. Nothing else goes there, whatever the options.
 *
 *  One that fails is reported, and the next follows; of the failed one, a part may have been written. */
export async function runCat(edge: Edge, cat: CatArguments): Promise<void> {
  if (cat.verify) {
    throw new JcsError(
      "Usage",
      'Cannot use --verify with "-": what was written to stdout cannot be read back',
    );
  }
  const range = rangeOf(cat);
  checkRange(range, cat.sources);
  const client = await edge.client();
  const notes = workaroundNotes(edge);
  const run = await runObjects<StoredItem>(edge, {
    items: storedItems(client, {
      sources: cat.sources,
      command: cat.command,
      recursive: cat.recursive,
      transfers: range === undefined,
      check: (selection) => {
        if (range !== undefined && selection.kind !== "object") throw rangeOfSeveral();
        if (cat.command === "cat" && selection.kind === "tree") {
          const name = `${formatAddress(selection.package)}/${selection.prefix}`;
          throw new JcsError(
            "Usage",
            `Cannot cat ${JSON.stringify(name)}: it is not an object but a tree of them`,
          );
        }
      },
    }),
    inOrder: true,
    work: async ({ object }, progress) => {
      const outcome = await client.get({
        address: object.address,
        ...range,
        signal: edge.signal,
        onEvent: notes.hear,
      });
      for await (const chunk of outcome.body) {
        await edge.stdout(chunk);
        progress.bytes(chunk.length);
        giveBack(chunk);
      }
    },
  });
  notes.end();
  endRun(run, "read");
}

/** The part of the object that is wanted; `undefined` for all of it. */
export function rangeOf(options: {
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
}): { readonly offset?: number; readonly length?: number } | undefined {
  const { offset, length } = options;
  if (offset === undefined && length === undefined) return undefined;
  return { ...(offset === undefined ? {} : { offset }), ...(length === undefined ? {} : { length }) };
}

/** Throws `Usage` when a range is asked of several objects. */
export function checkRange(range: object | undefined, sources: readonly unknown[]): void {
  if (range !== undefined && sources.length > 1) throw rangeOfSeveral();
}

/** The error for a range of more than one object. */
export function rangeOfSeveral(): JcsError {
  return new JcsError("Usage", "Cannot use --offset or --length with several objects: name one object");
}
