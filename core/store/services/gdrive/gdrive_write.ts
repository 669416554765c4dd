import { createHash } from "node:crypto";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { type GoogleRequest, googleRequest, jsonBody } from "../../google/google_request.ts";
import { uploadAtOnce, uploadInParts } from "../../google/resumable_upload.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import { answerJson } from "../../http/http_json.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import type { PartSource } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { type DriveFile, driveFile, FILE_FIELDS, getFile, metaOf } from "./drive_file.ts";
import { makeFolders, vanished } from "./find_folders.ts";
import { type Found, findPath, newParent } from "./find_path.ts";
import {
  type Call,
  type GdriveContext,
  gdriveError,
  nameIn,
  newId,
  type Place,
  parentKey,
  UPLOADS,
} from "./gdrive_context.ts";
import { removeQuietly, settleName } from "./settle_name.ts";

/** Most bytes that go in one request with their description: what Google advises. */
const AT_ONCE_BYTES_MAX = 5_000_000;
/** Google's bounds for the metadata of one application. */
const PROPERTIES_MAX = 30;
const PROPERTY_BYTES_MAX = 124;
const DEFAULT_TYPE = "application/octet-stream";
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w!#$&^.+-]+=[\w!#$&^.+-]+)*$/;

/** Writes an object: a new file, or new bytes of the file that is there, which is replaced at once when all have arrived.
 *
 *  A small one goes in one request, a larger one part by part in a session. Memory: two parts. New files get ids beforehand, so that what is sent again after an
 *  answer was lost makes no second one. The MD5 that Drive has computed is compared. With `ifAbsent` it looks before it writes; two writers may both find
 *  nothing. */
export async function writeObject(
  context: GdriveContext,
  call: Call,
  write: WriteOptions & { readonly place: Place; readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { place, body } = write;
  const taken = takeParts(body, { info: context.info, ...call, size: write.size });
  try {
    const described = describe(context, call, write);
    const { source, sum } = hashed(taken.source);
    const first = (await source.next(context.options.part_size)) ?? new Uint8Array(0);
    const next = await source.next(context.options.part_size);
    await makeFolders(context, call, parentKey(place.key));
    const found = await findPath(context, call, { key: place.key, all: true });
    requireNoDirectory(context, call, found);
    if (write.ifAbsent === true && found.object !== undefined) {
      throw gdriveError(context, call, { kind: "AlreadyExists", state: "there is an object already" });
    }
    const { attempts } = taken;
    const sent = { place, found, described, first, next, source, sum, attempts };
    const file = await upload(context, call, sent);
    const existing = file.id === found.object?.id;
    const settled = await settleName(context, call, { place, file, found, existing });
    return metaOf(place.path, settled);
  } finally {
    taken.end();
  }
}

/** Throws `ConditionFailed` when there is a directory and no object. */
export function requireNoDirectory(context: GdriveContext, call: Call, found: Found): void {
  if (found.object !== undefined || found.directories.length === 0) return;
  throw gdriveError(context, call, { kind: "ConditionFailed", state: "there is a directory" });
}

interface Upload {
  readonly place: Place;
  readonly found: Found;
  readonly described: Pick<DriveFile, "mimeType" | "properties">;
  readonly first: Uint8Array;
  readonly next: Uint8Array | undefined;
  readonly source: PartSource;
  /** Number and MD5 of the bytes that were taken. */
  readonly sum: () => { readonly bytes: number; readonly md5: string };
  readonly attempts: number;
}

async function upload(context: GdriveContext, call: Call, wanted: Upload): Promise<DriveFile> {
  const { found, place, described } = wanted;
  const { mimeType, properties } = described;
  const old = found.object?.kind === "file" ? found.object : undefined;
  const parent = newParent(context, call, found);
  const id = old?.id ?? (await newId(context, call));
  const request = {
    method: old === undefined ? "POST" : "PATCH",
    path: old === undefined ? UPLOADS : `${UPLOADS}/${encodeURIComponent(id)}`,
    query: { fields: FILE_FIELDS, supportsAllDrives: "true" },
  };
  const cleared = Object.fromEntries(Object.keys(old?.properties ?? {}).map((key) => [key, null]));
  const resource =
    old === undefined
      ? { id, name: nameIn(place.key), parents: [parent], mimeType, appProperties: properties }
      : { mimeType, appProperties: { ...cleared, ...properties } };
  try {
    const file = await send(context, call, { ...wanted, request, resource, id });
    if (old === undefined && file.name !== nameIn(place.key)) {
      throw gdriveError(context, call, { kind: "Usage", state: "Drive does not keep this name as it is" });
    }
    const { bytes, md5 } = wanted.sum();
    if ((file.size ?? 0) === bytes && (file.md5 ?? md5) === md5) return file;
    const state = "the service has stored other bytes than were sent, or another writer came in between";
    throw gdriveError(context, call, { kind: "Unreachable", retry: "later", state });
  } catch (error) {
    // The request may have been done all the same.
    if (old === undefined) await removeQuietly(context, call, id);
    if (!isKind(error, "NotFound")) throw error;
    context.memory.forget(parentKey(place.key));
    throw vanished(context, call);
  }
}

async function send(
  context: GdriveContext,
  call: Call,
  wanted: Upload & {
    readonly id: string;
    readonly request: Pick<GoogleRequest, "method" | "path" | "query">;
    readonly resource: Readonly<Record<string, unknown>>;
  },
): Promise<DriveFile> {
  const { request, resource, first, next, source, attempts } = wanted;
  const fileOf = async (answer: HttpAnswer) =>
    driveFile(context, call, await answerJson(context.info, call, { answer }));
  const query = (uploadType: string) => ({ ...request, query: { ...request.query, uploadType } });
  if (next !== undefined || first.length > AT_ONCE_BYTES_MAX) {
    const begin = { ...query("resumable"), ...jsonBody(resource) };
    const partBytes = context.options.part_size;
    return await fileOf(await uploadInParts(context, call, { begin, first, next, source, partBytes }));
  }
  return await retryHeld({ attempts, signal: call.signal }, async () => {
    const whole = uploadAtOnce(query("multipart"), { resource, bytes: first });
    const answer = await googleRequest(context, call, whole).catch(async (error: unknown) => {
      // An earlier try has made it, and its answer was lost.
      const made = isKind(error, "AlreadyExists") ? await getFile(context, call, wanted.id) : undefined;
      if (made === undefined) throw error;
      return made;
    });
    return "id" in answer ? answer : await fileOf(answer);
  });
}

/** What Drive is told of the object. `Usage` or `Unsupported` for what it cannot keep. */
function describe(
  context: GdriveContext,
  call: Call,
  options: Pick<WriteOptions, "metadata" | "contentType" | "storageClass">,
): Pick<DriveFile, "mimeType" | "properties"> {
  const { metadata: properties = {}, contentType = DEFAULT_TYPE } = options;
  const pairs = Object.entries(properties);
  if (options.storageClass !== undefined) {
    const state = "the service has no storage classes";
    throw gdriveError(context, call, { kind: "Unsupported", state });
  }
  if (contentType.startsWith("application/vnd.google-apps.")) {
    const state = "Google would convert content of this type and not keep its bytes";
    throw gdriveError(context, call, { kind: "Unsupported", state });
  }
  const long = pairs.find(([key, value]) => Buffer.byteLength(key + value) > PROPERTY_BYTES_MAX);
  if (pairs.length > PROPERTIES_MAX || long !== undefined) {
    const state = `Drive keeps up to ${PROPERTIES_MAX} pairs of metadata, each up to ${PROPERTY_BYTES_MAX} bytes`;
    throw gdriveError(context, call, { kind: "Usage", state });
  }
  return { mimeType: MEDIA_TYPE.test(contentType) ? contentType : DEFAULT_TYPE, properties };
}

function hashed(parts: PartSource): Pick<Upload, "source" | "sum"> {
  const hash = createHash("md5");
  let bytes = 0;
  return {
    source: {
      async next(partBytes) {
        const part = await parts.next(partBytes);
        if (part !== undefined) hash.update(part);
        bytes += part?.length ?? 0;
        return part;
      },
      recycle: (part) => parts.recycle(part),
    },
    sum: () => ({ bytes, md5: hash.copy().digest("hex") }),
  };
}
