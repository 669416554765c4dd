import { isKind } from "../../../errors.ts";
import { decodeHeaderValue, encodeHeaderValue } from "../../http/header_value.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { type AzblobContext, type Place, request } from "./azblob_context.ts";

const PLAIN_KEY = /^(?!jcs_hex_)[a-z_][a-z0-9_]*$/;
const KEY_MARK = "jcs_hex_";

/** A blob as the service describes it. */
export interface BlobMeta extends ObjectMeta {
  readonly blobType?: string;
  readonly copyStatus?: string;
}

/** The headers of a request that say what a new object is: its type, metadata and tier.
 *
 *  The service wants keys of metadata to be identifiers and ignores their case: any other becomes `jcs_hex_` and its UTF-8 in
 *  hexadecimal; values are as {@link encodeHeaderValue} makes them. */
export function newObjectHeaders(
  context: AzblobContext,
  options: Pick<WriteOptions, "contentType" | "contentDisposition" | "metadata" | "storageClass">,
): Record<string, string> {
  const { contentType, metadata = {}, storageClass = context.options.access_tier } = options;
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) {
    const name = PLAIN_KEY.test(key) ? key : KEY_MARK + Buffer.from(key).toString("hex");
    headers[`x-ms-meta-${name}`] = encodeHeaderValue(value);
  }
  if (contentType !== undefined) headers["x-ms-blob-content-type"] = encodeHeaderValue(contentType);
  const { contentDisposition } = options;
  if (contentDisposition !== undefined) headers["x-ms-blob-content-disposition"] = contentDisposition;
  if (storageClass !== undefined) headers["x-ms-access-tier"] = encodeHeaderValue(storageClass);
  return headers;
}

/** What the service says of the blob, unless its tag is not `ifMatch`. */
export async function headBlob(
  context: AzblobContext,
  call: HttpCall & { readonly ifMatch?: string | undefined },
  place: Place,
): Promise<BlobMeta> {
  const { ifMatch, ...rest } = call;
  const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
  const answer = await request(context, rest, { method: "HEAD", blob: place.blob, headers });
  discard(answer);
  return metaOf(place.path, answer.headers);
}

/** What is there, if anything. */
export async function findBlob(
  context: AzblobContext,
  call: HttpCall,
  place: Place,
): Promise<BlobMeta | undefined> {
  try {
    return await headBlob(context, call, place);
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

function metaOf(path: string, headers: Readonly<Record<string, string>>): BlobMeta {
  const { etag, "content-length": size, "content-type": contentType } = headers;
  const modifiedAt = new Date(headers["last-modified"] ?? "");
  const storageClass = headers["x-ms-access-tier"];
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("x-ms-meta-") ? [[keyOf(name.slice("x-ms-meta-".length)), decodeHeaderValue(value)]] : [],
  );
  const contentDisposition = headers["content-disposition"];
  const blobType = headers["x-ms-blob-type"];
  const copyStatus = headers["x-ms-copy-status"];
  return {
    path,
    kind: "file",
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(etag === undefined ? {} : { etag }),
    ...(contentType === undefined ? {} : { contentType: decodeHeaderValue(contentType) }),
    ...(contentDisposition ? { contentDisposition } : {}),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(blobType === undefined ? {} : { blobType }),
    ...(copyStatus === undefined ? {} : { copyStatus }),
    metadata: Object.fromEntries(metadata),
  };
}

function keyOf(name: string): string {
  if (!name.startsWith(KEY_MARK)) return name;
  return Buffer.from(name.slice(KEY_MARK.length), "hex").toString("utf8");
}
