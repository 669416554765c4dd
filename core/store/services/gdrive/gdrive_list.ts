import { isKind } from "../../../errors.ts";
import type { ObjectMeta } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { type DriveFile, metaOf } from "./drive_file.ts";
import { findFolders, requireBase, vanished } from "./find_folders.ts";
import type { Call, GdriveContext, Place } from "./gdrive_context.ts";
import { pathName } from "./gdrive_names.ts";
import { filesIn } from "./search_files.ts";

/** Names that are kept in mind to show each once. Google orders by name, so that the same ones come close together. */
const NAMES_KEPT = 1000;

/** Everything below a directory, folder after folder, each page by page. Memory: one page, and the folders that are still to be listed.
 *
 *  Of several files of one name only the newest shows, folders of one name show as one. Documents of Google's editors, which have no bytes, and names that no path
 *  could hold are left out. */
export async function* listFiles(
  context: GdriveContext,
  call: Call,
  list: Place & { readonly delimited: boolean },
): AsyncIterable<ObjectMeta> {
  const top = await findFolders(context, call, list.key);
  if (top.length === 0) return await requireBase(context, call);
  const waiting: (readonly [string, readonly string[]])[] = [[list.path, top]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [folder, ids] = next;
    const below = new Map<string, readonly string[]>();
    const seen = new Set<string>();
    for await (const page of pagesOf(context, call, {
      ids,
      key: folder === list.path ? list.key : undefined,
    })) {
      for (const file of page) {
        throwIfCancelled(context.info, { ...call, signal: call.signal });
        const name = pathName(file.name);
        if (name === undefined || file.kind === "document" || context.memory.wasRemoved(file.id)) continue;
        const path = folder === "" ? name : `${folder}/${name}`;
        if (file.kind === "directory" && !list.delimited) {
          below.set(path, [...(below.get(path) ?? []), file.id]);
          continue;
        }
        if (wasSeen(seen, `${file.kind === "directory" ? "d" : "f"}${name}`)) continue;
        yield withoutDetails(metaOf(path, file));
      }
    }
    for (const directory of below) waiting.push(directory);
  }
}

async function* pagesOf(
  context: GdriveContext,
  call: Call,
  { ids, key }: { readonly ids: readonly string[]; readonly key: string | undefined },
): AsyncIterable<readonly DriveFile[]> {
  try {
    yield* filesIn(context, call, ids);
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    // A folder below has vanished meanwhile. The one that was asked for was remembered, and may have come back under another id.
    if (key === undefined) return;
    context.memory.forget(key);
    throw vanished(context, call);
  }
}

function wasSeen(seen: Set<string>, name: string): boolean {
  if (seen.has(name)) return true;
  seen.add(name);
  for (const oldest of seen) {
    if (seen.size <= NAMES_KEPT) break;
    seen.delete(oldest);
  }
  return false;
}

/** Lists do not ask for metadata. */
function withoutDetails({ metadata: _, ...meta }: ObjectMeta): ObjectMeta {
  return meta;
}
