import { type FileHandle, link, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { DirectorySync } from "../../../local/directory_sync.ts";
import { temporaryName } from "../../files/reserved_names.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { codeOf, fsError } from "./fs_error.ts";
import type { FsCall, FsPlace, FsRoot } from "./fs_root.ts";
import { type DirectoryMaker, parentOf } from "./make_directories.ts";
import { metaOfFile } from "./meta_of_file.ts";

/** What changing a store needs besides its root. */
export interface FsContext {
  readonly root: FsRoot;
  readonly directories: DirectoryMaker;
  readonly directorySync: DirectorySync;
  /** Whether files are made durable. */
  readonly durable: boolean;
}

/** How the new content comes about. */
export interface NewFile {
  /** Makes a file at `temporary`, where none may be, and opens it. `ENOENT`: the directory is missing. */
  create(temporary: string): Promise<FileHandle>;
  /** Writes what is still missing in it. */
  fill(handle: FileHandle): Promise<void>;
}

/** Makes a temporary file next to the target and then gives it the target's name: with `rename`, or with `link` where nothing may be
 *  replaced. Durable when it resolves: the file, its name, and the directories that had to be made.
 *
 *  On failure the temporary file is removed and the target is what it was; only when the disk fails at the very last, syncing the
 *  directory, the new object may be there already. A root that has vanished is never made anew, also when it vanishes
 *  meanwhile: its mark is looked for once the temporary file is open, and a rename never changes the file system. */
export async function replaceFile(
  context: FsContext,
  { operation, path, ifAbsent, file }: FsCall & { readonly ifAbsent: boolean; readonly file: NewFile },
): Promise<ObjectMeta> {
  const { root, durable } = context;
  const call = { operation, path };
  let leftover: string | undefined;
  try {
    const { handle, place, temporary } = await createTemporary(context, { ...call, file });
    leftover = temporary;
    let meta: ObjectMeta;
    try {
      await root.require(call);
      await file.fill(handle);
      if (durable) await handle.datasync();
      meta = metaOfFile(path, await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
    if (ifAbsent) {
      await link(temporary, place.file);
      await unlink(temporary);
    } else {
      await rename(temporary, place.file);
    }
    leftover = undefined;
    await context.directorySync.sync(place.directory);
    await context.directories.settled(path);
    return meta;
  } catch (error) {
    if (leftover !== undefined) await unlink(leftover).catch(() => {});
    throw await explain(root, { ...call, ifAbsent, cause: error });
  }
}

/** The place of an object that is to be made, its directories made where they are missing. */
export async function makePlace(context: FsContext, call: FsCall): Promise<FsPlace> {
  const place = await context.root.locate(call);
  if (place !== undefined) return place;
  const parent = parentOf(call.path);
  if (parent === "") await context.root.require(call);
  else await context.directories.make({ operation: call.operation, path: parent });
  const made = await context.root.locate(call);
  if (made === undefined) throw await context.root.vanished(call);
  return made;
}

async function createTemporary(
  context: FsContext,
  { operation, path, file }: FsCall & { readonly file: NewFile },
): Promise<{ readonly handle: FileHandle; readonly place: FsPlace; readonly temporary: string }> {
  for (let tries = 1; ; tries++) {
    const place = await makePlace(context, { operation, path });
    const temporary = join(place.directory, temporaryName());
    try {
      return { handle: await file.create(temporary), place, temporary };
    } catch (error) {
      // A copy may have been made in part.
      await unlink(temporary).catch(() => {});
      // Somebody may have removed the directory in this very moment.
      if (codeOf(error) !== "ENOENT" || tries === 3) throw error;
    }
  }
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

async function explain(
  root: FsRoot,
  fault: FsCall & { readonly ifAbsent: boolean; readonly cause: unknown },
): Promise<unknown> {
  const { operation, path, ifAbsent, cause } = fault;
  const code = codeOf(cause);
  if (code === "ENOENT" || code === "ENOTDIR") {
    // Where the root has gone, that is what happened.
    const gone = await root.require({ operation, path }).catch((error: unknown) => error);
    if (gone !== undefined) return gone;
  }
  if (code === "ENOENT") return await root.vanished({ operation, path }, cause);
  if (ifAbsent && NO_HARD_LINKS.has(code)) {
    const state = "the file system has no hard links, so that nothing can be written only if it is absent";
    return storeError(root.info, { kind: "Unsupported", operation, path, state, cause });
  }
  return code === "" ? cause : fsError(root.info, { operation, path, cause });
}
