import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import { isKind } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import { googleRequest, jsonBody } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import { answerJson } from "../../http/http_json.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type DriveFile, FOLDER_TYPE, filePath, newestFirst } from "./drive_file.ts";
import {
  baseKey,
  type Call,
  FILES,
  type GdriveContext,
  gdriveError,
  nameIn,
  newId,
  parentKey,
} from "./gdrive_context.ts";
import { filesNamed } from "./search_files.ts";

/** Longest that a search which several calls share may take. */
const SEARCH_TIMEOUT_MS = 45_000;

/** The folders at `key`, the oldest first; none when there are none. */
export async function findFolders(
  context: GdriveContext,
  call: Call,
  key: string,
): Promise<readonly string[]> {
  const known = context.memory.folders(key);
  if (known !== undefined) return known;
  return await together(context, call, {
    what: `find ${key}`,
    async search(own) {
      if (key === "") return await findTop(context, own);
      const folders = await findFolders(context, own, parentKey(key));
      if (folders.length === 0) return [];
      return foldersOf(context, key, await inFolders(context, own, { folders, key }));
    },
  });
}

/** The folders at `key`, which are made where they are missing. `Unreachable` when the work directory itself is missing: that one is never made. */
export async function makeFolders(
  context: GdriveContext,
  call: Call,
  key: string,
): Promise<readonly string[]> {
  const known = context.memory.folders(key);
  if (known !== undefined) return known;
  const base = baseKey(context);
  if (key === "" || key === base || base.startsWith(`${key}/`)) {
    const folders = await findFolders(context, call, key);
    if (folders.length === 0) throw noBase(context, call);
    return folders;
  }
  return await together(context, call, {
    what: `make ${key}`,
    async search(own) {
      const folders = await makeFolders(context, own, parentKey(key));
      const found = await inFolders(context, own, { folders, key });
      const ids = foldersOf(context, key, found);
      if (ids.length > 0) return ids;
      if (found.some(({ kind }) => kind === "file" || kind === "link")) {
        const state = "an object is in the way where a directory is needed";
        throw gdriveError(context, own, { kind: "ConditionFailed", state });
      }
      const id = await makeFolder(context, own, { parent: folders[0] ?? "", key });
      context.memory.keepFolders(key, [id]);
      return [id];
    },
  });
}

/** Throws `Unreachable` when the work directory is missing. */
export async function requireBase(context: GdriveContext, call: Call): Promise<void> {
  if ((await findFolders(context, call, baseKey(context))).length === 0) throw noBase(context, call);
}

/** The error of a call whose file or folder others have taken away meanwhile. */
export function vanished(context: GdriveContext, call: Call): Error {
  const state = "the file or its folder was removed or moved meanwhile";
  return gdriveError(context, call, { kind: "Unreachable", retry: "later", state });
}

/** Does a search once for all that want it. It ends for a caller when that one is cancelled, for the others it goes on. */
async function together(
  context: GdriveContext,
  call: Call,
  wanted: { readonly what: string; readonly search: (own: Call) => Promise<readonly string[]> },
): Promise<readonly string[]> {
  const { searches } = context;
  let running = searches.get(wanted.what);
  if (running === undefined) {
    const timeout = AbortSignal.timeout(SEARCH_TIMEOUT_MS);
    running = wanted
      .search({ ...call, signal: timeout })
      .catch((error: unknown) => {
        if (!timeout.aborted) throw error;
        throw gdriveError(context, call, { kind: "TimedOut", retry: "later", state: "no answer in time" });
      })
      .finally(() => searches.delete(wanted.what));
    searches.set(wanted.what, running);
  }
  const { signal } = call;
  const work = running;
  return await unlessAborted(() => work, {
    signal,
    error: () => gdriveError(context, call, { kind: "Cancelled", state: "cancelled" }),
  });
}

/** The folder where paths begin; also tells in which drive it lies. */
async function findTop(context: GdriveContext, call: Call): Promise<readonly string[]> {
  const answer = await googleRequest(context, call, {
    method: "GET",
    path: filePath(context.topId),
    query: { fields: "id,driveId,mimeType,trashed", supportsAllDrives: "true" },
    accept: [404],
  });
  if (answer.status === 404) {
    discard(answer);
    return [];
  }
  const fields = await answerJson(context.info, call, { answer });
  const { id, driveId, mimeType, trashed } = fields;
  if (typeof id !== "string") {
    throw gdriveError(context, call, {
      kind: "Unexpected",
      state: "the answer is not what Drive should send",
    });
  }
  if (mimeType !== FOLDER_TYPE || trashed === true) return [];
  context.top.driveId = typeof driveId === "string" ? driveId : undefined;
  context.memory.keepFolders("", [id]);
  return [id];
}

async function inFolders(
  context: GdriveContext,
  call: Call,
  { folders, key }: { readonly folders: readonly string[]; readonly key: string },
): Promise<readonly DriveFile[]> {
  const name = nameIn(key);
  const hints = context.memory.hints(key);
  try {
    return await filesNamed(context, call, { folders, name, hints, thorough: true });
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    context.memory.forget(parentKey(key));
    throw vanished(context, call);
  }
}

function foldersOf(context: GdriveContext, key: string, found: readonly DriveFile[]): readonly string[] {
  const ids = found
    .filter(({ kind }) => kind === "directory")
    .sort(newestFirst)
    .reverse()
    .map(({ id }) => id);
  if (ids.length > 0) context.memory.keepFolders(key, ids);
  return ids;
}

async function makeFolder(
  context: GdriveContext,
  call: Call,
  { parent, key }: { readonly parent: string; readonly key: string },
): Promise<string> {
  const id = await newId(context, call);
  const name = nameIn(key);
  await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, async () => {
    const answer = await googleRequest(context, call, {
      method: "POST",
      path: FILES,
      query: { fields: "id", supportsAllDrives: "true" },
      ...jsonBody({ id, name, mimeType: FOLDER_TYPE, parents: [parent] }),
      // An earlier try has made it.
      accept: [409],
    });
    discard(answer);
  }).catch((error: unknown) => {
    if (!isKind(error, "NotFound")) throw error;
    context.memory.forget(parentKey(key));
    throw vanished(context, call);
  });
  return id;
}

function noBase(context: GdriveContext, call: Call): Error {
  const state = "no such folder; it must be there before it can be a space";
  return gdriveError(context, call, { kind: "Unreachable", state });
}
