import { googleRequest } from "../../google/google_request.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, asRecord, type JsonRecord } from "../../http/http_json.ts";
import type { ObjectMeta } from "../../store.ts";
import { type GcsContext, objectPath, type Place } from "./gcs_context.ts";

/** The members of an object that jcs looks at. */
export const FIELDS =
  "name,size,updated,generation,contentType,contentDisposition,storageClass,kmsKeyName,metadata";

/** What the service says of an object, unless its generation is not that of `ifMatch`. */
export async function statObject(
  context: GcsContext,
  call: HttpCall & { readonly ifMatch?: string | undefined },
  place: Place,
): Promise<ObjectMeta> {
  const { ifMatch, ...rest } = call;
  const answer = await googleRequest(context, rest, {
    method: "GET",
    path: objectPath(context, place.name),
    query: { fields: FIELDS, ...conditionOf(ifMatch) },
  });
  return metaOf(place.path, await answerJson(context.info, rest, { answer }));
}

/** An object of the JSON protocol. Its tag is its generation. */
export function metaOf(path: string, object: JsonRecord): ObjectMeta {
  const { size, updated, generation, contentType, storageClass, kmsKeyName, metadata } = object;
  const { contentDisposition } = object;
  const modifiedAt = typeof updated === "string" ? new Date(updated) : undefined;
  return {
    path,
    kind: "file",
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(modifiedAt === undefined || Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(typeof generation === "string" ? { etag: generation } : {}),
    ...(typeof contentType === "string" ? { contentType } : {}),
    ...(typeof contentDisposition === "string" ? { contentDisposition } : {}),
    ...(typeof storageClass === "string" ? { storageClass } : {}),
    ...(typeof kmsKeyName === "string" ? { encryption: `kms ${kmsKeyName}` } : {}),
    metadata: Object.fromEntries(
      Object.entries(asRecord(metadata)).map(([key, value]) => [key, String(value)]),
    ),
  };
}

/** The condition of a request that is good for one version only. A tag that is no generation fits none. */
export function conditionOf(ifMatch: string | undefined): Readonly<Record<string, string>> {
  if (ifMatch === undefined) return {};
  return { ifGenerationMatch: /^\d{1,19}$/.test(ifMatch) && ifMatch !== "0" ? ifMatch : "1" };
}
