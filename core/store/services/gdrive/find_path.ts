import { isKind } from "../../../errors.ts";
import { type DriveFile, getFile, newestFirst } from "./drive_file.ts";
import { findFolders, requireBase, vanished } from "./find_folders.ts";
import { type Call, type GdriveContext, nameIn, type Place, parentKey } from "./gdrive_context.ts";
import { filesNamed, isAt } from "./search_files.ts";

/** What is at a path. */
export interface Found {
  /** The folders that it lies in: more than one when there are several of one name, which jcs takes for one. Empty when there is none. */
  readonly folders: readonly string[];
  /** The object: of several files or links of one name the one that was made last. */
  readonly object: DriveFile | undefined;
  /** Older files and links of the same name, the newest first. Known only where `all` was asked for. */
  readonly shadowed: readonly DriveFile[];
  readonly directories: readonly DriveFile[];
}

/** Finds out what is at a path. `Unreachable` when the work directory itself is missing.
 *
 *  With `all`, everything of that name is looked for, otherwise what was there a moment ago is enough, if it still is. With `thorough` also what was made too
 *  lately to be found by name. */
export async function findPath(
  context: GdriveContext,
  call: Call,
  wanted: Pick<Place, "key"> & { readonly all?: boolean; readonly thorough?: boolean },
): Promise<Found> {
  const { key, all = false, thorough = false } = wanted;
  const { memory } = context;
  for (let attempt = 1; ; attempt++) {
    const folders = await findFolders(context, call, parentKey(key));
    if (folders.length === 0) {
      await requireBase(context, call);
      return { folders, object: undefined, shadowed: [], directories: [] };
    }
    const name = nameIn(key);
    try {
      const known = all ? undefined : memory.file(key);
      const object = known === undefined ? undefined : await getFile(context, call, known);
      if (object !== undefined && isAt(object, { folders, name })) {
        return { folders, object, shadowed: [], directories: [] };
      }
      const hints = memory.hints(key);
      const files = await filesNamed(context, call, { folders, name, hints, thorough });
      const [newest, ...shadowed] = files
        .filter(({ kind }) => kind === "file" || kind === "link")
        .sort(newestFirst);
      if (newest !== undefined) memory.keepFile(key, newest.id);
      return {
        folders,
        object: newest,
        shadowed,
        directories: files.filter(({ kind }) => kind === "directory"),
      };
    } catch (error) {
      // Google's word for a folder that is no more.
      if (!isKind(error, "NotFound")) throw error;
      memory.forget(parentKey(key));
      if (attempt > 1) throw vanished(context, call);
    }
  }
}

/** Where a new file goes: of several folders of one name to the oldest. */
export function newParent(context: GdriveContext, call: Call, { folders }: Found): string {
  const [oldest] = folders;
  if (oldest === undefined) throw vanished(context, call);
  return oldest;
}
