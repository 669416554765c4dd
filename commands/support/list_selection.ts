import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectEntry } from "../../core/catalog/catalog.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { hasPackage, nothingMatches, type Selection } from "./select_stored.ts";

/** An object of a selection. */
export interface SelectedObject {
  readonly object: ObjectEntry;
  /** Its path below what was selected: below the prefix, the directory that the glob begins in, or its own last name. */
  readonly relative: string;
}

/** The objects of a selection, in order and with flat memory.
 *
 *  Throws `NotFound` when a glob matches nothing or the package is missing, `Usage` for a bucket: `command` is named in the hint. */
export async function* listSelection(
  client: Client,
  options: { readonly selection: Selection; readonly command: string },
): AsyncGenerator<SelectedObject> {
  const { selection } = options;
  switch (selection.kind) {
    case "bucket": {
      const hint = `name a package, for example ${selection.bucket}/data`;
      throw new JcsError("Usage", `Cannot use bucket "${selection.bucket}" with ${options.command}: ${hint}`);
    }
    case "object":
      yield { object: selection.object, relative: lastName(selection.object.address.path) };
      return;
    case "tree":
      yield* listTree(client, selection);
      return;
    case "glob":
      yield* listGlob(client, selection);
  }
}

async function* listTree(
  client: Client,
  tree: Selection & { readonly kind: "tree" },
): AsyncGenerator<SelectedObject> {
  let found = false;
  for await (const entry of client.list({ package: tree.package, prefix: tree.prefix })) {
    if (entry.type !== "object") continue;
    found = true;
    yield { object: entry.object, relative: entry.object.address.path.slice(tree.prefix.length) };
  }
  if (!found && !(await hasPackage(client, tree.package))) throw packageMissing(formatAddress(tree.package));
}

async function* listGlob(
  client: Client,
  selection: Selection & { readonly kind: "glob" },
): AsyncGenerator<SelectedObject> {
  const { glob } = selection;
  let found = false;
  const request = glob.oneLevel ? { prefix: glob.directory, delimited: true } : { prefix: glob.prefix };
  for await (const entry of client.list({ package: selection.package, ...request })) {
    if (entry.type !== "object" || !glob.matches(entry.object.address.path)) continue;
    found = true;
    yield { object: entry.object, relative: entry.object.address.path.slice(glob.directory.length) };
  }
  if (!found) throw nothingMatches(`${formatAddress(selection.package)}/${glob.pattern}`);
}

/** The part of a path after its last slash. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The error for a package that does not exist. */
export function packageMissing(name: string): JcsError {
  return new JcsError("NotFound", `Cannot find package ${JSON.stringify(name)}: it does not exist`, {
    where: { object: name },
  });
}
