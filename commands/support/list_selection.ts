import { formatAddress } from "../../core/catalog/address.ts";
import type { ObjectEntry } from "../../core/catalog/catalog.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import type { Glob } from "../../core/objects/glob.ts";
import { hasPackage, type Selection } from "./select_stored.ts";

/** An object of a selection. */
export interface SelectedObject {
  readonly object: ObjectEntry;
  /** Its path below what was selected: below the prefix, the directory that the glob begins in, or its own last name. */
  readonly relative: string;
}

/** The objects of a selection, in order and with flat memory.
 *
 *  A glob that matches nothing gives nothing. Throws `NotFound` when the package of a tree is missing, `Usage` for a bucket: `command` is
 *  named in the hint. */
export async function* listSelection(
  client: Client,
  options: {
    readonly selection: Selection;
    readonly command: string;
    /** A glob also takes everything below the prefixes that it matches. */
    readonly recursive?: boolean | undefined;
  },
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
      yield* listGlob(client, { selection, recursive: options.recursive === true });
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
  options: { readonly selection: Selection & { readonly kind: "glob" }; readonly recursive: boolean },
): AsyncGenerator<SelectedObject> {
  const { glob, package: owner } = options.selection;
  const oneLevel = glob.oneLevel && !options.recursive;
  const request = oneLevel ? { prefix: glob.directory, delimited: true } : { prefix: glob.prefix };
  for await (const entry of client.list({ package: owner, ...request })) {
    if (entry.type !== "object") continue;
    const { path } = entry.object.address;
    if (!takes(glob, { path, recursive: options.recursive })) continue;
    yield { object: entry.object, relative: path.slice(glob.directory.length) };
  }
}

/** Whether a glob takes the object at `path`: it matches, or, `recursive`, one of the prefixes above it, without the slash, does. */
export function takes(
  glob: Glob,
  { path, recursive }: { readonly path: string; readonly recursive?: boolean | undefined },
): boolean {
  if (!recursive) return glob.matches(path);
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (glob.matches(path.slice(0, end))) return true;
  }
  return false;
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
