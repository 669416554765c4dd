import { createHash, randomBytes } from "node:crypto";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { googleRequest, jsonBody } from "../../google/google_request.ts";
import { uploadAtOnce, uploadInParts } from "../../google/resumable_upload.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { type GcsContext, type Place, placeOf, uploadPath } from "./gcs_context.ts";
import { FIELDS, metaOf } from "./gcs_stat.ts";

/** Writes an object: in one request with its checksum when it is no longer than a part, a larger one part by part in a session.
 *  Memory: two parts. */
export async function writeObject(
  context: GcsContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  return await writeTo(context, placeOf(context, { operation: "write", path: at }), {
    ...write,
    operation: "write",
  });
}

/** As {@link writeObject}, to any name. */
export async function writeTo(
  context: GcsContext,
  place: Place,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream; readonly operation: string },
): Promise<ObjectMeta> {
  const { body, operation, ...options } = write;
  const call = { operation, path: place.path, signal: options.signal };
  const taken = takeParts(body, { info: context.info, ...call, size: options.size });
  const { source } = taken;
  const partBytes = context.options.part_size;
  try {
    const first = (await source.next(partBytes)) ?? new Uint8Array(0);
    const next = await source.next(partBytes);
    if (next === undefined) {
      // The answer to one with ifAbsent may have been lost: a second try would find its own object in the way.
      const attempts = options.ifAbsent === true ? 1 : taken.attempts;
      return await retryHeld({ attempts, signal: call.signal }, () =>
        putObject(context, place, { ...options, call, bytes: first }),
      );
    }
    const answer = await uploadInParts(context, call, {
      begin: {
        method: "POST",
        path: uploadPath(context),
        query: { ...queryOf(context, options), uploadType: "resumable", name: place.name },
        ...jsonBody(resourceOf(context, options)),
      },
      first,
      next,
      source,
      partBytes,
    });
    return metaOf(place.path, await answerJson(context.info, call, { answer }));
  } catch (error) {
    throw options.ifAbsent === true ? inTheWay(context, call, error) : error;
  } finally {
    taken.end();
  }
}

/** A new name beside an object for something that will become a part of it. */
export function temporaryPlace(place: Place): Place {
  const folder = place.name.slice(0, place.name.lastIndexOf("/") + 1);
  return { path: place.path, name: `${folder}.jcs-${randomBytes(10).toString("hex")}.tmp` };
}

/** What a new object says of itself. */
export function resourceOf(
  context: GcsContext,
  options: Pick<WriteOptions, "contentType" | "contentDisposition" | "metadata" | "storageClass">,
): Readonly<Record<string, unknown>> {
  const { contentType, contentDisposition, metadata } = options;
  const { storageClass = context.options.storage_class } = options;
  return {
    contentType: contentType ?? "application/octet-stream",
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}

async function putObject(
  context: GcsContext,
  place: Place,
  write: WriteOptions & { readonly call: HttpCall; readonly bytes: Uint8Array },
): Promise<ObjectMeta> {
  const { bytes, call } = write;
  const md5Hash = createHash("md5").update(bytes).digest("base64");
  const query = { ...queryOf(context, write), uploadType: "multipart" };
  const request = uploadAtOnce(
    { method: "POST", path: uploadPath(context), query },
    { resource: { ...resourceOf(context, write), name: place.name, md5Hash }, bytes },
  );
  const answer = await googleRequest(context, call, request);
  return metaOf(place.path, await answerJson(context.info, call, { answer }));
}

function queryOf(
  context: GcsContext,
  options: Pick<WriteOptions, "ifAbsent">,
): Readonly<Record<string, string | undefined>> {
  return {
    fields: FIELDS,
    kmsKeyName: context.options.kms_key_name,
    ifGenerationMatch: options.ifAbsent === true ? "0" : undefined,
  };
}

function inTheWay(context: GcsContext, call: HttpCall, error: unknown): unknown {
  if (!isKind(error, "ConditionFailed") || !/expected$/.test(error.message)) return error;
  return storeError(context.info, { ...call, kind: "AlreadyExists", state: "there is an object already" });
}
