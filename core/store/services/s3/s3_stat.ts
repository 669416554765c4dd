import { isKind } from "../../../errors.ts";
import { decodeHeaderValue } from "../../http/header_value.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { decodeMetadata, METADATA_PREFIX } from "./s3_metadata.ts";

/** What the service says of the object at `path`, unless its tag is not `ifMatch`. */
export async function headObject(
  context: S3Context,
  call: HttpCall & { readonly path: string; readonly ifMatch?: string | undefined },
): Promise<ObjectMeta> {
  const { ifMatch, ...rest } = call;
  const { path, key } = placeOf(context, call);
  try {
    return await request(
      context,
      { ...rest, path },
      {
        method: "HEAD",
        key,
        headers: { ...context.customerKey, "if-match": ifMatch },
        take: (answer) => {
          discard(answer);
          return metaOf(path, answer.headers);
        },
      },
    );
  } catch (error) {
    // The answer to HEAD has no body: it does not say whether the object or the bucket is missing.
    if (isKind(error, "NotFound")) await requireBucket(context, { ...rest, path });
    throw error;
  }
}

/** What is at `path`, if anything. */
export async function findObject(
  context: S3Context,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  try {
    return await headObject(context, call);
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Throws `Unreachable` when the service is sure that there is no such bucket. */
async function requireBucket(context: S3Context, call: HttpCall): Promise<void> {
  try {
    await request(context, call, { method: "HEAD", take: discard });
  } catch (error) {
    // Whatever else may be wrong with the bucket, the object is what was asked for.
    if (!isKind(error, "NotFound")) return;
    throw storeError(context.info, { ...call, kind: "Unreachable", state: "no such bucket" });
  }
}

function metaOf(path: string, headers: HttpAnswer["headers"]): ObjectMeta {
  const length = headers["content-length"];
  const modifiedAt = new Date(headers["last-modified"] ?? "");
  const { etag, "content-type": contentType, "content-disposition": contentDisposition } = headers;
  const storageClass = headers["x-amz-storage-class"];
  return {
    path,
    kind: "file",
    ...(length === undefined ? {} : { size: Number(length) }),
    ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(etag ? { etag } : {}),
    ...(contentType === undefined ? {} : { contentType: decodeHeaderValue(contentType) }),
    ...(contentDisposition ? { contentDisposition } : {}),
    ...(storageClass ? { storageClass } : {}),
    ...encryptionOf(headers),
    metadata: decodeMetadata(
      Object.fromEntries(
        Object.entries(headers).flatMap(([name, value]) =>
          name.startsWith(METADATA_PREFIX) ? [[name.slice(METADATA_PREFIX.length), value]] : [],
        ),
      ),
    ),
  };
}

function encryptionOf(headers: HttpAnswer["headers"]): Pick<ObjectMeta, "encryption"> {
  const prefix = "x-amz-server-side-encryption";
  const kind = headers[prefix];
  const key = headers[`${prefix}-aws-kms-key-id`];
  const customer = headers[`${prefix}-customer-algorithm`];
  if (customer) return { encryption: `customer key ${customer}` };
  return kind ? { encryption: key ? `${kind} ${key}` : kind } : {};
}
