import { parseAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { storedText } from "./stored_text.ts";

/** Where things go: objects of jcs, or files of a space. */
export interface Destination<Target> {
  /** `into` a package or directory, under their own names; or one thing to `exact`ly this name, and a tree below it. */
  readonly kind: "into" | "exact";
  /** How a target that names one thing is written, for hints. */
  readonly example: string;
  /** The name of a single thing called `name` at its source. */
  object(name: string): Target;
  /** The name of what lies at `relative` in a tree called `base` at its source: `base` is kept when the tree goes into the destination, and
   *  replaced when the destination is the tree's new name. An empty `base` stands for the contents alone. */
  tree(member: { readonly base: string; readonly relative: string }): Target;
}

/** Makes a destination of a path: `prefix` (empty, or ending with `/`) to go into, or `path` to be called exactly that. `at` makes the address. */
export function destinationAt<Target>(
  where: { readonly prefix: string } | { readonly path: string },
  options: { readonly at: (path: string) => Target; readonly example: string },
): Destination<Target> {
  const { at, example } = options;
  if ("path" in where) {
    return {
      kind: "exact",
      example,
      object: () => at(where.path),
      tree: ({ relative }) => at(`${where.path}/${relative}`),
    };
  }
  return {
    kind: "into",
    example,
    object: (name) => at(`${where.prefix}${name}`),
    tree: ({ base, relative }) => at(`${where.prefix}${base === "" ? "" : `${base}/`}${relative}`),
  };
}

/** Reads the last argument of put, cp and mv. `several`: there are several sources, so they go into it whatever it looks like.
 *
 *  A package, and whatever ends with `/`, is gone into. Globs are not looked for: the text is the name. Throws `Usage` for a bucket. */
export function parseDestination(
  text: string,
  options: { readonly command: string; readonly several: boolean },
): Destination<ObjectAddress> {
  const address = parseAddress(storedText(text, options.command));
  const { bucket } = address;
  if (address.kind === "bucket")
    throw new JcsError(
      "Usage",
      `Cannot use bucket "${bucket}" as the target: name a package, for example ${bucket}/data`,
    );
  const at = (path: string) => ({ bucket, package: address.package, path });
  const made = { at, example: "bucket/package/name" };
  switch (address.kind) {
    case "package":
      return destinationAt({ prefix: "" }, made);
    case "prefix":
      return destinationAt({ prefix: address.prefix }, made);
    case "object":
      return destinationAt(options.several ? { prefix: `${address.path}/` } : { path: address.path }, made);
  }
}
