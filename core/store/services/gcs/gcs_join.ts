import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { googleRequest, jsonBody } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import type { CallOptions, ObjectMeta, WriteOptions } from "../../store.ts";
import { type GcsContext, objectPath, type Place, placeOf } from "./gcs_context.ts";
import { FIELDS, metaOf, statObject } from "./gcs_stat.ts";
import { temporaryPlace, writeTo } from "./gcs_write.ts";

const TIDY_TIMEOUT_MS = 15_000;

/** Copies inside the bucket, however long the service takes, one version; metadata and content type come along. */
export async function copyObject(
  context: GcsContext,
  paths: { readonly source: string; readonly target: string },
  { signal }: CallOptions,
): Promise<void> {
  const source = placeOf(context, { operation: "copy", path: paths.source });
  const target = placeOf(context, { operation: "copy", path: paths.target });
  const call = { operation: "copy", path: source.path, signal };
  const { etag } = await statObject(context, call, source);
  if (source.name === target.name) return;
  let rewriteToken: string | undefined;
  do {
    const answer = await googleRequest(context, call, {
      method: "POST",
      path: `${objectPath(context, source.name)}/rewriteTo/b/${encodeURIComponent(context.info.name)}/o/${encodeURIComponent(target.name)}`,
      query: {
        fields: "done,rewriteToken",
        sourceGeneration: etag,
        destinationKmsKeyName: context.options.kms_key_name,
        rewriteToken,
      },
    });
    const { done, rewriteToken: token } = await answerJson(context.info, call, { answer });
    rewriteToken = done !== true && typeof token === "string" ? token : undefined;
  } while (rewriteToken !== undefined);
}

/** Adds to an object by writing the new bytes beside it and letting the service join both. Nothing is added when somebody else has changed it
 *  meanwhile: `ConditionFailed`. */
export async function appendObject(
  context: GcsContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const place = placeOf(context, { operation: "append", path: at });
  const call = { operation: "append", path: place.path, signal: write.signal };
  const found = await statObject(context, call, place).catch((error: unknown) => {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  });
  if (found === undefined)
    return await writeTo(context, place, { ...write, operation: "append", ifAbsent: true });
  const part = temporaryPlace(place);
  try {
    await writeTo(context, part, { ...write, operation: "append" });
    const { contentType, contentDisposition, metadata, storageClass } = found;
    const answer = await googleRequest(context, call, {
      method: "POST",
      path: `${objectPath(context, place.name)}/compose`,
      query: { fields: FIELDS, ifGenerationMatch: found.etag, kmsKeyName: context.options.kms_key_name },
      ...jsonBody({
        sourceObjects: [{ name: place.name, generation: found.etag }, { name: part.name }],
        destination: { contentType, contentDisposition, metadata, storageClass },
      }),
    });
    return metaOf(place.path, await answerJson(context.info, call, { answer }));
  } finally {
    await removeQuietly(context, call, part);
  }
}

/** Removes an object; a missing one is fine. */
export async function removeObject(context: GcsContext, call: HttpCall, place: Place): Promise<void> {
  try {
    discard(await googleRequest(context, call, { method: "DELETE", path: objectPath(context, place.name) }));
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
  }
}

async function removeQuietly(context: GcsContext, call: HttpCall, place: Place): Promise<void> {
  const tidy = { operation: call.operation, signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  await removeObject(context, tidy, place).catch(() => {});
}
