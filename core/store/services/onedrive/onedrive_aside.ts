import { isKind } from "../../../errors.ts";
import { type AsideFiles, asideOf, bringBack, settleAside } from "../../files/replace_aside.ts";
import { replaceInGrace } from "../../files/replace_in_grace.ts";
import { discard } from "../../http/http_client.ts";
import { type Call, itemAddress, type OnedriveContext, request } from "./onedrive_context.ts";
import { type DriveItem, findItem, missing, requireRoot } from "./onedrive_items.ts";
import { folderOf, leafOf } from "./onedrive_names.ts";

/** The files of a drive that does not move over a file. Where one goes to another folder, that is `folder`. */
function asideFiles(context: OnedriveContext, call: Call, folder?: DriveItem): AsideFiles {
  const find = (file: string) => findItem(context, { ...call, file });
  return {
    async rename(source, target) {
      const item = await find(source);
      if (item === undefined) throw missing(context, call);
      const isElsewhere = folder !== undefined && folderOf(source) !== folderOf(target);
      const behavior = { "@microsoft.graph.conflictBehavior": "fail" };
      const parent = isElsewhere ? { parentReference: { id: folder.id } } : {};
      const body = { ...parent, name: leafOf(target), ...behavior };
      discard(await request(context, call, { method: "PATCH", path: itemAddress(context, item.id), body }));
    },
    async remove(file) {
      const item = await find(file);
      if (item?.kind !== "file") return;
      const headers = item.tag === undefined ? {} : { "if-match": item.tag };
      const path = itemAddress(context, item.id);
      discard(await request(context, call, { method: "DELETE", path, headers, accept: [404] }));
    },
    async look(file) {
      const kind = (await find(file))?.kind;
      return kind === "file" ? "object" : kind === undefined ? undefined : "directory";
    },
  };
}

/** Gives an item the place and the name of the target, in one step where the drive can replace what is there. Where it refuses to, the old object steps aside
 *  ({@link replaceInGrace}).
 *
 *  Microsoft Graph documents `conflictBehavior` for what makes items, and for copies, but not on personal drives; of moves it says nothing. So a drive may refuse a
 *  name that is taken. Source: Microsoft Graph, "driveItem resource type", "driveItem: copy", "driveItem: move". */
export async function placeItem(
  context: OnedriveContext,
  target: Call,
  placed: { readonly item: DriveItem; readonly source: string; readonly folder: DriveItem },
): Promise<void> {
  const { item, source, folder } = placed;
  try {
    const body = {
      parentReference: { id: folder.id },
      name: leafOf(target.file),
      "@microsoft.graph.conflictBehavior": "replace",
    };
    discard(await request(context, target, { method: "PATCH", path: itemAddress(context, item.id), body }));
  } catch (error) {
    const old = isKind(error, "AlreadyExists") ? await findItem(context, target) : undefined;
    if (old?.kind !== "file" || old.id === item.id) throw error;
    const filesOf = (signal: AbortSignal) => asideFiles(context, { ...target, signal }, folder);
    await replaceInGrace(filesOf, { source, target: target.file, signal: target.signal });
  }
}

/** What is at a file's path, also where a crash has left it aside: then it gets its place back. */
export async function lookForItem(
  context: OnedriveContext,
  call: Call,
  options: { readonly download?: boolean } = {},
): Promise<DriveItem | undefined> {
  const found = await findItem(context, call, options);
  if (found !== undefined || !(await bringBackOnedrive(context, call))) return found;
  return await findItem(context, call, options);
}

/** Gives the object of the call its place back where a crash has left it aside; says whether there is something now. To be asked where nothing may be. */
export async function bringBackOnedrive(context: OnedriveContext, call: Call): Promise<boolean> {
  return await bringBack(asideFiles(context, call), call.file);
}

/** The object at a path. `NotFound` when there is none, `Unreachable` when the work directory is missing. */
export async function requireFile(
  context: OnedriveContext,
  call: Call,
  options: { readonly download?: boolean } = {},
): Promise<DriveItem> {
  const item = await lookForItem(context, call, options);
  if (item?.kind === "file") return item;
  if (item === undefined) await requireRoot(context, call);
  throw missing(context, call);
}

/** Removes what a crash may have left aside of an object that is to go. */
export async function forgetAside(context: OnedriveContext, call: Call): Promise<void> {
  await asideFiles(context, call).remove(asideOf(call.file));
}

/** What a list does with an object that it finds aside: gives it its place back, and tells what it is; removes it where another one has its place. */
export async function settleOnedrive(context: OnedriveContext, call: Call): Promise<DriveItem | undefined> {
  return (await settleAside(asideFiles(context, call), call.file))
    ? await findItem(context, call)
    : undefined;
}
