import { createHash } from "node:crypto";
import { formatAddress } from "../../core/catalog/address.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { writeAtomicFile } from "../../core/local/atomic_file.ts";
import type { DirectorySync } from "../../core/local/directory_sync.ts";
import { fileSource } from "../../core/local/file_source.ts";
import { writeSpecialFile } from "../../core/local/special_file.ts";
import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { Edge, Progress } from "../command.ts";
import { fetchedNames } from "./fetched_names.ts";
import { createGetTally } from "./get_tally.ts";
import { createGetTarget, type LocalTarget } from "./get_target.ts";
import { addressJson } from "./object_json.ts";
import { decideOverwrite, type Overwrite, timeOf } from "./overwrite.ts";
import { refuseSameNames } from "./refuse_same_names.ts";
import { checkRange, rangeOf, rangeOfSeveral } from "./run_cat.ts";
import { endRun, runObjects } from "./run_objects.ts";
import { type StoredItem, storedItems } from "./stored_items.ts";
import { storedText } from "./stored_text.ts";
import { type WorkaroundNotes, workaroundNotes } from "./workaround_notes.ts";

/** What the command line of `get` said. */
export interface GetArguments {
  readonly sources: readonly string[];
  readonly local: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly verify?: true | undefined;
  readonly recursive?: true | undefined;
  readonly overwrite: Overwrite;
}

/** Writes everything that the arguments name to local files. */
export async function runGet(edge: Edge, get: GetArguments): Promise<void> {
  const range = rangeOf(get);
  checkRange(range, get.sources);
  if (get.verify && range !== undefined) {
    throw new JcsError(
      "Usage",
      "Cannot use --verify with --offset or --length: only a whole object has a SHA-256",
    );
  }
  refuseSameNames(get.sources, { command: "get", pathOf: (source) => storedText(source, "get") });
  const client = await edge.client();
  const notes = workaroundNotes(edge);
  const targetOf = await createGetTarget(edge, { local: get.local, several: get.sources.length > 1 });
  const tally = createGetTally(edge, "object");
  const names = fetchedNames(edge);

  const run = await runObjects<StoredItem>(edge, {
    items: storedItems(client, {
      sources: get.sources,
      command: "get",
      recursive: get.recursive,
      transfers: range === undefined,
      check: (selection) => {
        if (range !== undefined && selection.kind !== "object") throw rangeOfSeveral();
      },
    }),
    work: async (item, progress) => {
      const target = await targetOf(item);
      const { object } = item;
      const decision = await decideOverwrite(target, {
        stored: { size: object.generation.size, modifiedAt: timeOf(object) },
        overwrite: get.overwrite,
        partial: range !== undefined,
      });
      const write = decision === "write" || decision === "replace";
      const replace = decision === "replace";
      const bytes = write
        ? await fetchObject(edge, { client, get, item, target, replace, names, progress, notes })
        : 0;
      const { address } = object;
      const place = { source: formatAddress(address), address: addressJson(address) };
      tally.file({ decision, target: target.file, bytes, ...place });
    },
  }).finally(() => names.settle());
  notes.end();
  tally.end(run);
  endRun(run, "get");
}

async function fetchObject(
  edge: Edge,
  options: {
    readonly client: Client;
    readonly get: GetArguments;
    readonly item: StoredItem;
    readonly target: LocalTarget;
    readonly replace: boolean;
    readonly names: DirectorySync;
    readonly progress: Progress;
    readonly notes: WorkaroundNotes;
  },
): Promise<number> {
  const { client, get, item, target, replace, names, progress, notes } = options;
  const range = rangeOf(get);
  const outcome = await client.get({
    address: item.object.address,
    ...range,
    signal: edge.signal,
    onEvent: (event) => {
      if (event.type === "progress") progress.bytes(event.bytes);
      notes.hear(event);
    },
  });
  if (target.special) return writeSpecialFile(target.file, outcome.body, { signal: edge.signal });
  const { hash } = outcome.object.generation;
  return writeAtomicFile(target.file, outcome.body, {
    replace,
    names,
    signal: edge.signal,
    // A part of an object is a new file: with the object's time it could be taken for the whole.
    ...(range === undefined ? { modifiedAt: timeOf(outcome.object) } : {}),
    ...(get.verify ? { check: (partial: string) => verifyFile(partial, { target: target.file, hash }) } : {}),
  });
}

/** Reads a file back and throws `Corrupt` when it is not what `hash`, `sha256:…`, says. */
async function verifyFile(
  partial: string,
  expected: { readonly target: string; readonly hash: string },
): Promise<void> {
  const digest = createHash("sha256");
  const source = await fileSource(partial);
  for await (const chunk of source.open()) {
    digest.update(chunk);
    giveBack(chunk);
  }
  if (`sha256:${digest.digest("hex")}` === expected.hash) return;
  throw new JcsError(
    "Corrupt",
    `Cannot verify ${JSON.stringify(expected.target)}: the disk gives back other bytes`,
    {
      where: { operation: "verify", path: expected.target },
    },
  );
}
