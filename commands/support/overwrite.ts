import { lstat } from "node:fs/promises";
import type { ObjectEntry } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { localError, systemCode } from "../../core/local/local_error.ts";

/** When `get` replaces a local file. */
export type Overwrite = "never" | "newer" | "always";

/** Times that differ by less than this are the same: some runtimes and file systems cut the last digit off. */
const SAME_TIME_MS = 2;

/** The modification time that a fetched file gets: the source's, or that of the put when the source had none. */
export function timeOf(object: ObjectEntry): Date {
  return object.generation.modifiedAt ?? object.generation.createdAt;
}

/** Whether to write the object to `file`: `write`, `unchanged` (a file of its size and time is there), or `kept` (a newer file is there).
 *
 *  Throws `AlreadyExists` for a file that must not be replaced, and for a directory. `partial`: only a range is fetched, so that
 *  no file can be taken for it. */
export async function decideOverwrite(
  file: string,
  options: { readonly object: ObjectEntry; readonly overwrite: Overwrite; readonly partial: boolean },
): Promise<"write" | "unchanged" | "kept"> {
  const { object, overwrite } = options;
  const found = await lstat(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw localError(error, { action: "write", file });
  });
  if (found === undefined) return "write";
  if (found.isDirectory()) throw exists(file, "it is a directory");
  if (overwrite === "always") return "write";
  const fileMs = Math.floor(found.mtimeMs);
  const objectMs = timeOf(object).getTime();
  const sameTime = Math.abs(fileMs - objectMs) < SAME_TIME_MS;
  if (!options.partial && found.isFile() && sameTime && found.size === object.generation.size)
    return "unchanged";
  if (overwrite === "newer") return objectMs > fileMs && !sameTime ? "write" : "kept";
  throw exists(
    file,
    "it exists already and differs. Use --overwrite newer or --overwrite always to replace it",
  );
}

function exists(file: string, why: string): JcsError {
  return new JcsError("AlreadyExists", `Cannot write ${JSON.stringify(file)}: ${why}`, {
    where: { operation: "write", path: file },
  });
}
