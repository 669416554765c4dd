import { lstatSync } from "node:fs";
import { lstat } from "node:fs/promises";
import type { ObjectEntry } from "../../core/catalog/catalog.ts";
import { JcsError } from "../../core/errors.ts";
import { caseTwin } from "../../core/local/case_twin.ts";
import { localCalls } from "../../core/local/local_calls.ts";
import { localError, systemCode } from "../../core/local/local_error.ts";

/** When `get` replaces a local file. */
export type Overwrite = "never" | "newer" | "always";

/** Times that differ by less than this are the same: some runtimes and file systems cut the last digit off. */
const SAME_TIME_MS = 2;

/** The modification time that a fetched file gets: the source's, or that of the put when the source had none. */
export function timeOf(object: ObjectEntry): Date {
  return object.generation.modifiedAt ?? object.generation.createdAt;
}

/** What becomes of a local file. */
export type Decision = "write" | "replace" | "unchanged" | "kept";

/** Whether to write what is stored to a local file: `write` where nothing is, `replace` what is there, `unchanged` (a file of its size and
 *  time is there), or `kept` (a newer file is there). A special file is always written to.
 *
 *  Throws `AlreadyExists` for a file that must not be replaced, for a directory, and for a file whose name differs in letter case;
 *  `Unsupported` when `newer` cannot be told because no time is known. `partial`: only a range is fetched, so that no file can be
 *  taken for it. */
export async function decideOverwrite(
  target: { readonly file: string; readonly names: number; readonly special?: boolean },
  options: {
    readonly stored: { readonly size?: number | undefined; readonly modifiedAt?: Date | undefined };
    readonly overwrite: Overwrite;
    readonly partial: boolean;
  },
): Promise<Decision> {
  const { stored, overwrite } = options;
  const { file } = target;
  if (target.special) return "write";
  const found = await localCalls(
    () => lstatSync(file, { throwIfNoEntry: false }),
    () => lstat(file),
  ).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw localError(error, { action: "write", file });
  });
  if (found === undefined) return "write";
  if (found.isDirectory()) throw exists(file, "it is a directory");
  const twin = found.isFile() ? await caseTwin(file, target) : undefined;
  if (twin !== undefined) {
    const why = `${JSON.stringify(twin)} is there, and this file system does not tell the two names apart`;
    throw exists(file, why);
  }
  if (overwrite === "always") return "replace";
  const fileMs = Math.floor(found.mtimeMs);
  const storedMs = stored.modifiedAt?.getTime();
  const sameTime = storedMs !== undefined && Math.abs(fileMs - storedMs) < SAME_TIME_MS;
  if (!options.partial && found.isFile() && sameTime && found.size === stored.size) return "unchanged";
  if (overwrite === "newer") {
    if (storedMs === undefined) {
      const why = "its service does not tell when it was changed. Use --overwrite never or always";
      throw new JcsError("Unsupported", `Cannot tell whether ${JSON.stringify(file)} is older: ${why}`);
    }
    return storedMs > fileMs && !sameTime ? "replace" : "kept";
  }
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
