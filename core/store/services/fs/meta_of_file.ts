import type { BigIntStats } from "node:fs";
import type { ObjectMeta } from "../../store.ts";

/** What the operating system knows about a file, as the metadata of object `path`.
 *
 *  The tag is made of inode, size and time of change to the nanosecond: jcs never writes into an existing file, so another version is
 *  another inode. */
export function metaOfFile(path: string, found: BigIntStats): ObjectMeta {
  const modifiedAt = new Date(Number(found.mtimeNs / 1_000_000n));
  if (found.isDirectory()) return { path, kind: "directory", modifiedAt };
  return { path, kind: "file", size: Number(found.size), modifiedAt, etag: etagOf(found) };
}

/** The tag of one version of a file. */
export function etagOf(found: BigIntStats): string {
  return `"${[found.ino, found.size, found.mtimeNs].map((part) => part.toString(36)).join("-")}"`;
}
