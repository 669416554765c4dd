import { lstat, opendir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isPartialName } from "./atomic_file.ts";

/** How long a file that is not complete may lie unchanged before it counts as left over. */
const LEFTOVER_AGE_MS = 24 * 60 * 60_000;

/** Removes from `directory` the files of `writeAtomicFile` whose process was killed at least a day ago. Never throws: what cannot be removed stays. */
export async function removePartials(
  directory: string,
  { nowMs = Date.now() }: { readonly nowMs?: number } = {},
): Promise<void> {
  try {
    for await (const { name } of await opendir(directory)) {
      if (isPartialName(name)) await removeLeftover(join(directory, name), nowMs);
    }
  } catch {
    // Whoever writes here will say what is wrong with the directory.
  }
}

async function removeLeftover(file: string, nowMs: number): Promise<void> {
  const found = await lstat(file);
  // One that is complete gets the time of its source just before its name: when its inode was changed tells more.
  const changedMs = Math.max(found.mtimeMs, found.ctimeMs);
  if (found.isFile() && nowMs - changedMs > LEFTOVER_AGE_MS) await unlink(file);
}
