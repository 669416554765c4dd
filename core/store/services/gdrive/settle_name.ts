import { ATTEMPTS_MAX } from "../../../limits.ts";
import { googleRequest, jsonBody } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import { answerJson } from "../../http/http_json.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type DriveFile, driveFile, FILE_FIELDS, filePath, newestFirst } from "./drive_file.ts";
import { vanished } from "./find_folders.ts";
import { type Found, newParent } from "./find_path.ts";
import { type Call, type GdriveContext, nameIn, newId, type Place, parentKey } from "./gdrive_context.ts";
import { isAt, newestFiles } from "./search_files.ts";

const TIDY_TIMEOUT_MS = 15_000;

/** Makes `file`, which was just written to `place`, the object there, and resolves to it.
 *
 *  Drive lets several writers make files of one name. Everybody takes the one that was made last for the object: who comes after others moves theirs to the trash, whose
 *  own is no longer the last moves it there, as if the later one had replaced it. A file that was there before (`existing`) and was replaced in place may have been
 *  overtaken by a new one: then a copy of it is made, which is the last. Files that were shadowed before stay as they are. When it cannot be seen whether there are others, a new file counts as
 *  written, and the replacement of an old one as failed. */
export async function settleName(
  context: GdriveContext,
  call: Call,
  written: {
    readonly place: Place;
    readonly file: DriveFile;
    readonly found: Found;
    readonly existing: boolean;
  },
): Promise<DriveFile> {
  const { place, found, existing } = written;
  const { folders, object: before } = found;
  const { memory } = context;
  let { file } = written;
  const name = nameIn(place.key);
  if (file.trashed && existing) file = await changeFile(context, call, { id: file.id, trashed: false });
  if (!isAt(file, { folders, name })) {
    memory.forget(place.key);
    memory.forget(parentKey(place.key));
    if (!existing) await removeQuietly(context, call, file.id);
    throw vanished(context, call);
  }
  memory.keepFile(place.key, file.id);
  const known = new Set(found.shadowed.map(({ id }) => id));
  const newest = await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, () =>
    newestFiles(context, call, folders),
  ).catch((error: unknown) => {
    if (existing) throw error;
    // The new file is there, and whoever comes next sees which one is the last.
    return [];
  });
  const others = newest.filter(
    (other) =>
      isAt(other, { folders, name }) &&
      (other.kind === "file" || other.kind === "link") &&
      other.id !== file.id &&
      !known.has(other.id) &&
      !memory.wasRemoved(other.id),
  );
  if (before !== undefined && before.id !== file.id && !others.some(({ id }) => id === before.id)) {
    others.push(before);
  }
  const [last = file] = [file, ...others].sort(newestFirst);
  if (last.id !== file.id && existing) {
    const copy = await copyFile(context, call, { file, parent: newParent(context, call, found), name });
    return await settleName(context, call, {
      place,
      file: copy,
      found: { ...found, object: file },
      existing: false,
    });
  }
  const losers = [file, ...others].filter(({ id }) => id !== last.id);
  memory.keepFile(place.key, last.id);
  await Promise.all(losers.map(({ id }) => trashQuietly(context, call, id)));
  return file;
}

/** Copies a file inside of Drive. Its content, type and metadata come along. */
export async function copyFile(
  context: GdriveContext,
  call: Call,
  copy: { readonly file: DriveFile; readonly parent: string; readonly name: string },
): Promise<DriveFile> {
  const { file, parent, name } = copy;
  const id = await newId(context, call);
  try {
    const answer = await googleRequest(context, call, {
      method: "POST",
      path: `${filePath(file.id)}/copy`,
      query: { fields: FILE_FIELDS, supportsAllDrives: "true" },
      ...jsonBody({ id, name, parents: [parent], mimeType: file.mimeType, appProperties: file.properties }),
    });
    return driveFile(context, call, await answerJson(context.info, call, { answer }));
  } catch (error) {
    await removeQuietly(context, call, id);
    throw error;
  }
}

/** Changes what Drive says of a file, but not its bytes. */
export async function changeFile(
  context: GdriveContext,
  call: Call,
  change: {
    readonly id: string;
    readonly trashed?: boolean;
    readonly name?: string;
    readonly from?: readonly string[];
    readonly to?: string;
  },
): Promise<DriveFile> {
  const { id, from = [], to, ...fields } = change;
  const answer = await googleRequest(context, call, {
    method: "PATCH",
    path: filePath(id),
    query: {
      fields: FILE_FIELDS,
      supportsAllDrives: "true",
      ...(to === undefined ? {} : { addParents: to }),
      ...(from.length === 0 ? {} : { removeParents: from.join(",") }),
    },
    ...jsonBody(fields),
  });
  return driveFile(context, call, await answerJson(context.info, call, { answer }));
}

/** Moves a file to the trash, also when the caller has cancelled. What cannot be moved stays where it is. */
export async function trashQuietly(context: GdriveContext, call: Call, id: string): Promise<void> {
  await changeFile(context, tidyCall(call), { id, trashed: true }).then(
    () => context.memory.noteRemoved(id),
    () => {},
  );
}

/** Takes a file out of the trash again, also when the caller has cancelled. */
export async function restoreFile(context: GdriveContext, call: Call, id: string): Promise<void> {
  await changeFile(context, tidyCall(call), { id, trashed: false });
}

/** Removes for ever a file that this process has made and nobody else knows of. */
export async function removeQuietly(context: GdriveContext, call: Call, id: string): Promise<void> {
  context.memory.noteRemoved(id);
  await googleRequest(context, tidyCall(call), {
    method: "DELETE",
    path: filePath(id),
    query: { supportsAllDrives: "true" },
    accept: [404],
  }).then(discard, () => {});
}

function tidyCall({ operation, path }: Call): Call {
  return { operation, path, signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
}
