import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectEntry, PackageAddress } from "../../core/catalog/catalog.ts";
import type { Client, ListEntry } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { formatScheme } from "../../core/redundancy/parse_scheme.ts";
import type { Edge } from "../command.ts";
import { packageMissing, takes } from "./list_selection.ts";
import { objectJson } from "./object_json.ts";
import { timeOf } from "./overwrite.ts";
import { endRun } from "./run_objects.ts";
import { hasBucket, hasPackage, nothingMatches, type Selection, selectStored } from "./select_stored.ts";
import { storedText } from "./stored_text.ts";

/** What the command line of `ls` said. */
export interface LsArguments {
  readonly addresses: readonly string[];
  readonly long?: true | undefined;
  readonly recursive?: true | undefined;
}

/** Lists what the arguments name, as it comes from the catalogue: with flat memory. */
export async function runLs(edge: Edge, ls: LsArguments): Promise<void> {
  const client = await edge.client();
  const listing = createListing(edge, { client, long: ls.long === true, recursive: ls.recursive === true });
  const texts = ls.addresses.map((address) => storedText(address, "ls"));
  let failed = 0;
  if (texts.length === 0) await listing.buckets();
  for (const text of texts) {
    try {
      const selections = await selectStored(client, text);
      let found = false;
      for (const selection of selections) found = (await listing.selection(selection)) || found;
      if (!found && selections.some(({ kind }) => kind === "glob")) throw nothingMatches(text);
    } catch (error) {
      if (!(error instanceof JcsError) || error.kind === "Cancelled") throw error;
      failed++;
      edge.output.failure(error);
    }
  }
  edge.output.summary({ json: { ...listing.counts, failed } });
  endRun({ total: texts.length, failed }, "list", "addresses");
}

/** One run of `ls`. */
interface Listing {
  readonly counts: { buckets: number; packages: number; prefixes: number; objects: number; bytes: number };
  buckets(): Promise<void>;
  /** Lists a selection; `false` when there was nothing to list. */
  selection(selection: Selection): Promise<boolean>;
}

function createListing(
  edge: Edge,
  options: { readonly client: Client; readonly long: boolean; readonly recursive: boolean },
): Listing {
  const { client, long, recursive } = options;
  const counts = { buckets: 0, packages: 0, prefixes: 0, objects: 0, bytes: 0 };

  function show(name: string, json: Readonly<Record<string, unknown>>, object?: ObjectEntry): void {
    if (edge.signal.aborted) throw new JcsError("Cancelled", "Stopped: interrupted");
    const text = printable(name);
    edge.output.result({ text: long ? `${longColumns(object)}  ${text}` : text, json });
  }

  function showEntry(owner: PackageAddress, entry: ListEntry): void {
    if (entry.type === "prefix") {
      counts.prefixes++;
      show(`${formatAddress(owner)}/${entry.path}`, {
        type: "prefix",
        ...packageJson(owner),
        path: entry.path,
      });
      return;
    }
    counts.objects++;
    counts.bytes += entry.object.generation.size;
    show(formatAddress(entry.object.address), { type: "object", ...objectJson(entry.object) }, entry.object);
  }

  async function objects(owner: PackageAddress, prefix: string): Promise<boolean> {
    let found = false;
    for await (const entry of client.list({ package: owner, prefix, delimited: !recursive })) {
      found = true;
      showEntry(owner, entry);
    }
    if (!found && !(await hasPackage(client, owner))) throw packageMissing(formatAddress(owner));
    return found;
  }

  async function packages(bucket: string): Promise<boolean> {
    const found = await client.packages.list(bucket);
    if (found.length === 0 && !(await hasBucket(client, bucket))) {
      throw new JcsError("NotFound", `Cannot find bucket ${JSON.stringify(bucket)}: it does not exist`, {
        where: { object: bucket },
      });
    }
    for (const { name, createdAt } of found) {
      const owner = { bucket, package: name };
      counts.packages++;
      if (recursive) await objects(owner, "");
      else
        show(formatAddress(owner), {
          type: "package",
          ...packageJson(owner),
          createdAt: createdAt.toISOString(),
        });
    }
    return found.length > 0;
  }

  async function matches(selection: Selection & { readonly kind: "glob" }): Promise<boolean> {
    const { glob } = selection;
    let found = false;
    const oneLevel = glob.oneLevel && !recursive;
    const request = oneLevel ? { prefix: glob.directory, delimited: true } : { prefix: glob.prefix };
    for await (const entry of client.list({ package: selection.package, ...request })) {
      const path = entry.type === "prefix" ? entry.path.slice(0, -1) : entry.object.address.path;
      if (!takes(glob, { path, recursive })) continue;
      found = true;
      showEntry(selection.package, entry);
    }
    return found;
  }

  return {
    counts,
    async buckets() {
      for (const { name, createdAt } of await client.buckets.list()) {
        counts.buckets++;
        if (recursive) await packages(name);
        else show(name, { type: "bucket", bucket: name, createdAt: createdAt.toISOString() });
      }
    },
    async selection(selection) {
      switch (selection.kind) {
        case "bucket":
          return packages(selection.bucket);
        case "object":
          showEntry(selection.object.address, { type: "object", object: selection.object });
          return true;
        case "tree":
          return objects(selection.package, selection.prefix);
        case "glob":
          return matches(selection);
      }
    },
  };
}

const SIZE_WIDTH = 14;
const TIME_WIDTH = 20;
const SCHEME_WIDTH = 8;

/** Size, time and scheme in columns that do not depend on the rows to come. */
function longColumns(object: ObjectEntry | undefined): string {
  if (object === undefined) return "-".padStart(SIZE_WIDTH) + " ".repeat(2 + TIME_WIDTH + 2 + SCHEME_WIDTH);
  const { generation } = object;
  return [
    String(generation.size).padStart(SIZE_WIDTH),
    formatTime(timeOf(object)).padEnd(TIME_WIDTH),
    formatScheme(generation.redundancy).padEnd(SCHEME_WIDTH),
  ].join("  ");
}

/** A time in UTC to the second: `2026-11-21T21:53:02Z`. */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function packageJson(owner: PackageAddress): Record<string, unknown> {
  return { bucket: owner.bucket, package: owner.package };
}
