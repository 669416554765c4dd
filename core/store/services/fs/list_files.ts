import type { Dir, Dirent } from "node:fs";
import { lstat, opendir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isTemporaryName, LEFTOVER_AGE_MS, reservedNameIn } from "../../files/reserved_names.ts";
import { batchedListing, createBatch, type Listing } from "../../listing.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { codeOf, fsError } from "./fs_error.ts";
import type { FsRoot } from "./fs_root.ts";

/** Lists the files below a directory, depth first, in the order the file system gives them.
 *
 *  Symbolic links are shown and not followed. What jcs keeps for itself is hidden; temporary files that a crash has left
 *  behind are removed on the way. Directories that vanish meanwhile are passed over, but when the root itself has vanished the list
 *  ends with `Unreachable`: a short list never passes for a whole one. A name that is not UTF-8, or holds `\`, is shown as well as text can
 *  show it and cannot be read by that path. */
export function listFiles(root: FsRoot, call: FsList): Listing {
  const { prefix: path, signal } = call;
  return batchedListing(listBatches(root, call), { info: root.info, path, signal });
}

type FsList = ListOptions & { readonly prefix: string };

async function* listBatches(root: FsRoot, call: FsList): AsyncGenerator<readonly ObjectMeta[]> {
  const { prefix, delimited = false, signal } = call;
  const place = { operation: "list", path: prefix };
  throwIfCancelled(root.info, { ...place, signal });
  await root.require(place);
  const top = await root.resolve(place);
  const open: { readonly directory: string; readonly path: string; readonly entries: Dir }[] = [];
  const enter = async (directory: string, path: string) => {
    try {
      open.push({ directory, path, entries: await opendir(directory) });
    } catch (error) {
      if (isGone(error)) return;
      throw fsError(root.info, { operation: "list", path, cause: error });
    }
  };
  const batch = createBatch();
  try {
    if (top !== undefined) await enter(top, prefix);
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      throwIfCancelled(root.info, { ...place, signal });
      if (batch.isDue()) yield batch.take();
      const entry = await level.entries.read().catch((error: unknown) => {
        // A directory is opened only when it is first read.
        if (isGone(error)) return null;
        throw fsError(root.info, { ...place, path: level.path, cause: error });
      });
      if (entry === null) {
        open.pop();
        await level.entries.close().catch(() => {});
        continue;
      }
      const path = level.path === "" ? entry.name : `${level.path}/${entry.name}`;
      const native = join(level.directory, entry.name);
      if (isTemporaryName(entry.name)) await removeLeftover(native);
      else if (reservedNameIn(path) !== undefined) continue;
      else if (await isDirectory(entry, native)) {
        if (delimited) batch.add({ path, kind: "directory" });
        else {
          yield batch.take();
          await enter(native, path);
        }
      } else if (entry.isSymbolicLink()) batch.add({ path, kind: "link" });
      else if (entry.isFile() || !isSpecial(entry)) batch.add({ path, kind: "file" });
    }
    yield batch.take();
    await root.require(place);
  } catch (error) {
    yield batch.takeBefore(error);
    throw error;
  } finally {
    for (const { entries } of open) await entries.close().catch(() => {});
  }
}

function isGone(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** Some file systems do not tell the kind of an entry: only then the file itself is asked. */
async function isDirectory(entry: Dirent, native: string): Promise<boolean> {
  if (entry.isDirectory()) return true;
  if (entry.isFile() || entry.isSymbolicLink() || isSpecial(entry)) return false;
  return await lstat(native).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isSpecial(entry: Dirent): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
}

async function removeLeftover(native: string): Promise<void> {
  try {
    const { mtimeMs } = await lstat(native);
    if (Date.now() - mtimeMs > LEFTOVER_AGE_MS) await unlink(native);
  } catch {
    // Gone already, or not ours to remove: it stays hidden all the same.
  }
}
