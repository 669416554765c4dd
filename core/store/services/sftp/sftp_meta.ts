import type { Attributes } from "ssh2";
import type { ObjectMeta } from "../../store.ts";

/** The bits of a mode that say what kind of file it is of (POSIX, sys/stat.h). */
const TYPE_BITS = 0o170000;
const DIRECTORY = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

/** What kind of thing the attributes are of; `undefined` when the server does not say. */
export function kindOf(found: Partial<Attributes>): ObjectMeta["kind"] | "special" | undefined {
  switch ((found.mode ?? 0) & TYPE_BITS) {
    case 0:
      return undefined;
    case DIRECTORY:
      return "directory";
    case FILE:
      return "file";
    case LINK:
      return "link";
    default:
      return "special";
  }
}

/** Attributes as the server gives them, as the metadata of object `path`. There is no tag: the protocol tells times in whole
 *  seconds and nothing else that would be another for another version. */
export function metaOf(path: string, found: Partial<Attributes>): ObjectMeta {
  const kind = kindOf(found);
  const modifiedAt = found.mtime === undefined ? {} : { modifiedAt: new Date(found.mtime * 1000) };
  if (kind === "directory" || kind === "link") return { path, kind, ...modifiedAt };
  return { path, kind: "file", ...(found.size === undefined ? {} : { size: found.size }), ...modifiedAt };
}
