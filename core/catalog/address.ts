import { JcsError } from "../errors.ts";
import type { ObjectAddress, PackageAddress } from "./catalog.ts";
import { validateName, validateObjectPath } from "./names.ts";

/** What a user can name inside jcs. */
export type StoredAddress =
  | { readonly kind: "bucket"; readonly bucket: string }
  | ({ readonly kind: "package" } & PackageAddress)
  /** Everything whose path starts with `prefix`, which ends with a slash. */
  | ({ readonly kind: "prefix"; readonly prefix: string } & PackageAddress)
  | ({ readonly kind: "object" } & ObjectAddress);

/** The scheme of the explicit form. */
export const ADDRESS_SCHEME = "jcs://";

/** Reads `bucket`, `bucket/package`, `bucket/package/prefix/` or `bucket/package/path`, each also after `jcs://`.
 *
 *  Nothing is unescaped: the text is the name. A slash after a bucket or a package changes nothing. Throws `Usage` for anything that
 *  breaks the rules of names.ts; globs are not known here. */
export function parseAddress(text: string): StoredAddress {
  const plain = text.startsWith(ADDRESS_SCHEME) ? text.slice(ADDRESS_SCHEME.length) : text;
  if (plain === "") {
    throw new JcsError("Usage", `Cannot use ${JSON.stringify(text)} as an address: it names no bucket`);
  }
  const [bucket, afterBucket] = cut(plain);
  if (bucket.includes(":")) {
    throw new JcsError(
      "Usage",
      `Cannot use ${JSON.stringify(text)} as an address in jcs: a colon ends the name of a space. Write bucket/package/path`,
    );
  }
  validateName("bucket", bucket);
  if (afterBucket === "") return { kind: "bucket", bucket };
  const [name, path] = cut(afterBucket);
  validateName("package", name);
  if (path === "") return { kind: "package", bucket, package: name };
  if (path.endsWith("/")) {
    validateObjectPath(path.slice(0, -1));
    return { kind: "prefix", bucket, package: name, prefix: path };
  }
  validateObjectPath(path);
  return { kind: "object", bucket, package: name, path };
}

/** The short form of an address: `parseAddress` reads it back. */
export function formatAddress(address: StoredAddress | ObjectAddress | PackageAddress): string {
  if (!("package" in address)) return address.bucket;
  const owner = `${address.bucket}/${address.package}`;
  if ("path" in address) return `${owner}/${address.path}`;
  if ("prefix" in address) return `${owner}/${address.prefix}`;
  return owner;
}

/** The part before the first slash and the part after it. */
function cut(text: string): readonly [string, string] {
  const slash = text.indexOf("/");
  return slash === -1 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}
