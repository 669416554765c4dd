import { formatAddress, parseAddress, type StoredAddress } from "../../core/catalog/address.ts";
import type { ObjectAddress, ObjectEntry, PackageAddress } from "../../core/catalog/catalog.ts";
import type { Client } from "../../core/client.ts";
import { isKind, JcsError } from "../../core/errors.ts";
import { type Glob, isGlob, literalGlob, parseGlob } from "../../core/objects/glob.ts";

/** What one argument of a command turned out to mean. */
export type Selection =
  | { readonly kind: "bucket"; readonly bucket: string }
  | { readonly kind: "object"; readonly object: ObjectEntry }
  /** Everything below `prefix`, which is empty (the whole package) or ends with `/`. `base` is its last name. */
  | {
      readonly kind: "tree";
      readonly package: PackageAddress;
      readonly prefix: string;
      readonly base: string;
    }
  | { readonly kind: "glob"; readonly package: PackageAddress; readonly glob: Glob };

/** Finds out what `text`, an address without `jcs://`, means: a name that exists wins over its reading as a glob, an object over the tree of
 *  the same name. Several selections come only of a glob in the name of a bucket or package.
 *
 *  Throws `NotFound` when there is no such object or tree, or no bucket or package matches; `Usage` when the name breaks the rules. Whether
 *  a glob over paths matches anything shows when it is listed. */
export async function selectStored(client: Client, text: string): Promise<readonly Selection[]> {
  if (!isGlob(text)) return [await selectAddress(client, parseAddress(text))];
  const exact = await selectExisting(client, text);
  if (exact !== undefined) return [exact];
  const literal = literalGlob(text);
  if (literal !== undefined) return [await selectAddress(client, parseAddress(literal))];
  return selectGlob(client, text);
}

/** The literal reading of text with glob characters, if something has that name. */
async function selectExisting(client: Client, text: string): Promise<Selection | undefined> {
  try {
    const selection = await selectAddress(client, parseAddress(text));
    if (selection.kind === "bucket" && !(await hasBucket(client, selection.bucket))) return undefined;
    if (
      selection.kind === "tree" &&
      selection.prefix === "" &&
      !(await hasPackage(client, selection.package))
    ) {
      return undefined;
    }
    return selection;
  } catch (error) {
    if (isKind(error, "NotFound", "Usage")) return undefined;
    throw error;
  }
}

async function selectAddress(client: Client, address: StoredAddress): Promise<Selection> {
  switch (address.kind) {
    case "bucket":
      return { kind: "bucket", bucket: address.bucket };
    case "package":
      return { kind: "tree", package: packageOf(address), prefix: "", base: address.package };
    case "prefix": {
      const tree = treeOf(address, address.prefix);
      if (await hasObjects(client, tree)) return tree;
      throw notFound(formatAddress(address));
    }
    case "object":
      return selectObject(client, address);
  }
}

async function selectObject(client: Client, address: ObjectAddress): Promise<Selection> {
  try {
    const { bucket, package: name, path } = address;
    return { kind: "object", object: await client.stat({ bucket, package: name, path }) };
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    const tree = treeOf(address, `${address.path}/`);
    if (await hasObjects(client, tree)) return tree;
    throw error;
  }
}

async function selectGlob(client: Client, text: string): Promise<readonly Selection[]> {
  const [bucketText = "", packageText = "", ...rest] = text.split("/");
  const path = rest.join("/");
  const selections: Selection[] = [];
  for (const bucket of await matchingBuckets(client, bucketText)) {
    if (packageText === "") selections.push({ kind: "bucket", bucket });
    else {
      for (const name of await matchingPackages(client, { bucket, pattern: packageText })) {
        const owner = { bucket, package: name };
        if (path === "") selections.push({ kind: "tree", package: owner, prefix: "", base: name });
        else selections.push({ kind: "glob", package: owner, glob: parseGlob(path) });
      }
    }
  }
  if (selections.length === 0) throw nothingMatches(text);
  return selections;
}

async function matchingBuckets(client: Client, pattern: string): Promise<readonly string[]> {
  const literal = literalGlob(pattern);
  if (literal !== undefined) return [literal];
  const glob = parseGlob(pattern);
  return (await client.buckets.list()).map(({ name }) => name).filter((name) => glob.matches(name));
}

async function matchingPackages(
  client: Client,
  query: { readonly bucket: string; readonly pattern: string },
): Promise<readonly string[]> {
  const literal = literalGlob(query.pattern);
  if (literal !== undefined) return [literal];
  const glob = parseGlob(query.pattern);
  return (await client.packages.list(query.bucket))
    .map(({ name }) => name)
    .filter((name) => glob.matches(name));
}

/** Whether there is such a bucket. */
export async function hasBucket(client: Client, bucket: string): Promise<boolean> {
  return (await client.buckets.list()).some(({ name }) => name === bucket);
}

/** Whether there is such a package. */
export async function hasPackage(client: Client, owner: PackageAddress): Promise<boolean> {
  try {
    return (await client.packages.list(owner.bucket)).some(({ name }) => name === owner.package);
  } catch (error) {
    if (isKind(error, "NotFound")) return false;
    throw error;
  }
}

async function hasObjects(client: Client, tree: Selection & { readonly kind: "tree" }): Promise<boolean> {
  for await (const _ of client.list({ package: tree.package, prefix: tree.prefix })) return true;
  return false;
}

function treeOf(owner: PackageAddress, prefix: string): Selection & { readonly kind: "tree" } {
  const base = prefix.slice(prefix.lastIndexOf("/", prefix.length - 2) + 1, -1);
  return { kind: "tree", package: packageOf(owner), prefix, base };
}

function packageOf(owner: PackageAddress): PackageAddress {
  return { bucket: owner.bucket, package: owner.package };
}

function notFound(name: string): JcsError {
  return new JcsError(
    "NotFound",
    `Cannot find ${JSON.stringify(name)}: no object has a path that starts with it`,
    {
      where: { object: name },
    },
  );
}

/** The error for a pattern without a match. */
export function nothingMatches(pattern: string): JcsError {
  return new JcsError("NotFound", `Cannot find anything that matches ${JSON.stringify(pattern)}`, {
    where: { object: pattern },
  });
}
