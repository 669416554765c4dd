import { parseAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress, PackageAddress } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { storedText } from "./stored_text.ts";

/** Where objects go. */
export type Destination =
  /** Into a package or below a prefix (empty, or ending with `/`), under their own names. */
  | { readonly kind: "into"; readonly package: PackageAddress; readonly prefix: string }
  /** One object to exactly this name; a tree to this prefix. */
  | { readonly kind: "exact"; readonly address: ObjectAddress };

/** Reads the last argument of put, cp and mv. `several`: there are several sources, so they go into it whatever it looks like.
 *
 *  A package, and whatever ends with `/`, is gone into. Globs are not looked for: the text is the name. Throws `Usage` for a bucket. */
export function parseDestination(
  text: string,
  options: { readonly command: string; readonly several: boolean },
): Destination {
  const address = parseAddress(storedText(text, options.command));
  switch (address.kind) {
    case "bucket":
      throw new JcsError(
        "Usage",
        `Cannot use bucket "${address.bucket}" as the target: name a package, for example ${address.bucket}/data`,
      );
    case "package":
      return { kind: "into", package: owner(address), prefix: "" };
    case "prefix":
      return { kind: "into", package: owner(address), prefix: address.prefix };
    case "object": {
      if (options.several) return { kind: "into", package: owner(address), prefix: `${address.path}/` };
      return { kind: "exact", address: { ...owner(address), path: address.path } };
    }
  }
}

/** The name of a single object called `name` at its source. */
export function objectTarget(destination: Destination, name: string): ObjectAddress {
  if (destination.kind === "exact") return destination.address;
  return { ...destination.package, path: `${destination.prefix}${name}` };
}

/** The name of the object at `relative` in a tree called `base` at its source: `base` is kept when the tree goes into the destination, and
 *  replaced when the destination is the tree's new name. An empty `base` stands for the contents alone. */
export function treeTarget(
  destination: Destination,
  member: { readonly base: string; readonly relative: string },
): ObjectAddress {
  if (destination.kind === "exact") {
    return { ...destination.address, path: `${destination.address.path}/${member.relative}` };
  }
  const base = member.base === "" ? "" : `${member.base}/`;
  return { ...destination.package, path: `${destination.prefix}${base}${member.relative}` };
}

function owner(address: PackageAddress): PackageAddress {
  return { bucket: address.bucket, package: address.package };
}
