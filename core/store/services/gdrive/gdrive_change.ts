import { isKind } from "../../../errors.ts";
import { googleRequest } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import { type DriveFile, filePath, getFile, newestFirst } from "./drive_file.ts";
import { makeFolders, vanished } from "./find_folders.ts";
import { findPath, newParent } from "./find_path.ts";
import {
  type Call,
  type GdriveContext,
  gdriveError,
  nameIn,
  type Place,
  parentKey,
} from "./gdrive_context.ts";
import { findObject, missing } from "./gdrive_read.ts";
import { requireNoDirectory } from "./gdrive_write.ts";
import { childrenOf, filesIn } from "./search_files.ts";
import { changeFile, copyFile, removeQuietly, restoreFile, settleName, trashQuietly } from "./settle_name.ts";

/** Removes what is at a path; nothing is fine. All files of its name go, so that none of them comes to light: the object as the options say, older ones to the trash
 *  always. A directory goes when it is empty, also of what jcs does not show. */
export async function removePath(context: GdriveContext, call: Call, place: Place): Promise<void> {
  const found = await findPath(context, call, { key: place.key, all: true, thorough: true });
  const { object, shadowed, directories } = found;
  if (object !== undefined) {
    // The object goes last: until then a failure leaves it where it is.
    for (const file of [...shadowed].reverse()) await toTrash(context, call, file.id);
    await discardFile(context, call, object.id);
  } else if (directories.length > 0) {
    await removeDirectory(context, call, { place, ids: directories.map(({ id }) => id) });
  }
  context.memory.forget(place.key);
}

/** Copies inside of Drive, metadata and content type too. A copy of a link is of what it leads to. */
export async function copyPath(
  context: GdriveContext,
  call: Call,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  const file = await findObject(context, call, source);
  if (source.key === target.key) return;
  await makeFolders(context, call, parentKey(target.key));
  const found = await findPath(context, call, { key: target.key, all: true });
  requireNoDirectory(context, call, found);
  const copy = await copyFile(context, call, {
    file,
    parent: newParent(context, call, found),
    name: nameIn(target.key),
  });
  if (copy.size !== file.size || copy.md5 !== file.md5) {
    await removeQuietly(context, call, copy.id);
    throw vanished(context, call);
  }
  await settleName(context, call, { place: target, file: copy, found, existing: false });
}

/** Gives a file another name and folder. What was at the target goes to the trash: before, where it would hide the file, otherwise afterwards. */
export async function movePath(
  context: GdriveContext,
  call: Call,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  const { memory } = context;
  const from = await findPath(context, call, { key: source.key, all: true, thorough: true });
  const file = from.object;
  if (file === undefined) throw missing(context, call);
  if (source.key === target.key) return;
  await makeFolders(context, call, parentKey(target.key));
  const found = await findPath(context, call, { key: target.key, all: true });
  requireNoDirectory(context, call, found);
  const replaced = [...(found.object === undefined ? [] : [found.object]), ...found.shadowed];
  const hiding = replaced.filter((other) => newestFirst(other, file) < 0);
  const to = newParent(context, call, found);
  const left = file.parents.filter((parent) => from.folders.includes(parent) && parent !== to);
  for (const { id } of [...hiding].reverse()) await toTrash(context, call, id);
  try {
    const stays = file.parents.includes(to);
    await changeFile(context, call, {
      id: file.id,
      name: nameIn(target.key),
      from: left,
      ...(stays ? {} : { to }),
    });
  } catch (error) {
    for (const { id } of hiding) await restoreFile(context, call, id).catch(() => {});
    throw isKind(error, "NotFound") ? vanished(context, call) : error;
  }
  memory.forget(source.key);
  memory.keepFile(target.key, file.id);
  const others = [...replaced.filter((other) => !hiding.includes(other)), ...from.shadowed];
  await Promise.all(others.map(({ id }) => trashQuietly(context, call, id)));
}

/** Makes a directory, and those above it. One that is there is fine, an object is `AlreadyExists`. */
export async function makeDirectory(context: GdriveContext, call: Call, place: Place): Promise<void> {
  const { object, directories } = await findPath(context, call, {
    key: place.key,
    all: true,
    thorough: true,
  });
  if (directories.length > 0) return;
  if (object !== undefined)
    throw gdriveError(context, call, { kind: "AlreadyExists", state: "there is an object" });
  await makeFolders(context, call, place.key);
}

/** Removes folders of one name when all are empty. They go to the trash first and come back when somebody has put something into them in that moment. One with
 *  files in the trash stays there, since to delete it would delete them. */
async function removeDirectory(
  context: GdriveContext,
  call: Call,
  { place, ids }: { readonly place: Place; readonly ids: readonly string[] },
): Promise<void> {
  const { memory, options } = context;
  const notEmpty = () =>
    gdriveError(context, call, { kind: "ConditionFailed", state: "the directory is not empty" });
  const isThere = ({ id }: DriveFile) => !memory.wasRemoved(id);
  for await (const page of filesIn(context, call, ids)) if (page.some(isThere)) throw notEmpty();
  // What was made just now may not be listed yet.
  for (const id of memory.filesBelow(place.key)) {
    const file = await getFile(context, call, id);
    if (file?.trashed === false && file.parents.some((parent) => ids.includes(parent))) throw notEmpty();
  }
  memory.forget(place.key);
  for (const id of ids) await toTrash(context, call, id);
  let children = 0;
  for await (const page of childrenOf(context, call, ids)) {
    children += page.length;
    if (!page.some((file) => !file.trashedItself && isThere(file))) continue;
    for (const id of ids) await restoreFile(context, call, id);
    throw notEmpty();
  }
  for (const id of ids) {
    memory.noteRemoved(id);
    if (!options.use_trash && children === 0) await deleteFile(context, call, id);
  }
}

async function discardFile(context: GdriveContext, call: Call, id: string): Promise<void> {
  if (context.options.use_trash) await toTrash(context, call, id);
  else await deleteFile(context, call, id);
  context.memory.noteRemoved(id);
}

async function toTrash(context: GdriveContext, call: Call, id: string): Promise<void> {
  try {
    await changeFile(context, call, { id, trashed: true });
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
  }
}

async function deleteFile(context: GdriveContext, call: Call, id: string): Promise<void> {
  const answer = await googleRequest(context, call, {
    method: "DELETE",
    path: filePath(id),
    query: { supportsAllDrives: "true" },
    accept: [404],
  });
  discard(answer);
}
