import { isKind } from "../../../errors.ts";
import { googleRequest } from "../../google/google_request.ts";
import { answerStream, emptyStream, rangeHeader } from "../../http/http_read.ts";
import type { ObjectMeta, ObjectStream, ReadOptions } from "../../store.ts";
import { type DriveFile, filePath, getFile, metaOf, tagOf } from "./drive_file.ts";
import { findPath } from "./find_path.ts";
import { type Call, type GdriveContext, gdriveError, type Place } from "./gdrive_context.ts";

/** Times that a version which vanishes while it is opened is looked for anew. */
const TRIES_MAX = 3;

/** What is at a path: an object, a link, or a directory. */
export async function statPath(context: GdriveContext, call: Call, place: Place): Promise<ObjectMeta> {
  const { object, directories } = await findPath(context, call, { key: place.key, thorough: true });
  const found = object ?? directories[0];
  if (found === undefined) throw missing(context, call);
  return metaOf(place.path, found);
}

/** The bytes of an object, or of what a link leads to, all of one version.
 *
 *  Where the user may, the version that was found is read by its name, so that nobody can replace it in between. Otherwise Drive is asked once more after it has
 *  begun to send: when the version is still the same, it is the one that is sent. */
export async function readObject(
  context: GdriveContext,
  call: Call,
  read: Pick<Place, "key"> & ReadOptions,
): Promise<ObjectStream> {
  const { key, offset = 0, length, ifMatch } = read;
  for (let attempt = 1; ; attempt++) {
    const file = await findObject(context, call, { key });
    const etag = tagOf(file);
    if (ifMatch !== undefined && etag !== ifMatch) {
      const state = "the object is not the one that was expected";
      throw gdriveError(context, call, { kind: "ConditionFailed", state });
    }
    if (length === 0 || file.size === 0 || offset >= (file.size ?? Number.POSITIVE_INFINITY)) {
      return emptyStream(etag);
    }
    try {
      const stream = await openVersion(context, call, { file, offset, length });
      if (stream !== undefined) return stream;
    } catch (error) {
      if (!isKind(error, "NotFound")) throw error;
    }
    context.memory.forget(key);
    if (attempt === TRIES_MAX) {
      const state = "the object was replaced again and again while it was opened";
      throw gdriveError(context, call, { kind: "Unreachable", retry: "later", state });
    }
  }
}

/** The file with bytes at a path, or the one that a link there leads to. `NotFound` where there is none. */
export async function findObject(
  context: GdriveContext,
  call: Call,
  { key }: Pick<Place, "key">,
): Promise<DriveFile> {
  const { object } = await findPath(context, call, { key, thorough: true });
  if (object?.kind !== "link") {
    if (object === undefined) throw missing(context, call);
    return object;
  }
  const target = object.targetId === undefined ? undefined : await getFile(context, call, object.targetId);
  if (target?.kind === "file" && !target.trashed) return target;
  const state = "the shortcut leads to no object";
  throw gdriveError(context, call, { kind: "NotFound", state });
}

/** The error for a path where nothing is. */
export function missing(context: GdriveContext, call: Call): Error {
  return gdriveError(context, call, { kind: "NotFound", state: "no such object" });
}

interface Wanted {
  readonly file: DriveFile;
  readonly offset: number;
  readonly length: number | undefined;
}

/** `undefined` when it is another version by now. */
async function openVersion(
  context: GdriveContext,
  call: Call,
  wanted: Wanted,
): Promise<ObjectStream | undefined> {
  const { revision, readsRevisions } = wanted.file;
  if (revision === undefined || !readsRevisions) return await openFile(context, call, wanted);
  try {
    return await openFile(context, call, { ...wanted, revision });
  } catch (error) {
    // Drive may refuse versions to who may read the file.
    if (!isKind(error, "PermissionDenied")) throw error;
    return await openFile(context, call, wanted);
  }
}

async function openFile(
  context: GdriveContext,
  call: Call,
  wanted: Wanted & { readonly revision?: string },
): Promise<ObjectStream | undefined> {
  const { file, revision, offset, length } = wanted;
  const range = rangeHeader(offset, length);
  const answer = await googleRequest(context, call, {
    method: "GET",
    path:
      revision === undefined
        ? filePath(file.id)
        : `${filePath(file.id)}/revisions/${encodeURIComponent(revision)}`,
    query: { alt: "media", ...(revision === undefined ? { supportsAllDrives: "true" } : {}) },
    ...(range === undefined ? {} : { headers: { range } }),
  });
  const letGo = () => answer.body.destroy();
  if (range !== undefined && !answer.headers["content-range"]?.startsWith(`bytes ${offset}-`)) {
    letGo();
    const state = "the service did not send the range that was asked for";
    throw gdriveError(context, call, { kind: "Unsupported", state });
  }
  if (revision === undefined) {
    const now = await getFile(context, call, file.id).catch((error: unknown) => {
      letGo();
      throw error;
    });
    if (now === undefined || tagOf(now) !== tagOf(file)) {
      letGo();
      return undefined;
    }
  }
  return answerStream(context.info, call, { answer, etag: tagOf(file) });
}
