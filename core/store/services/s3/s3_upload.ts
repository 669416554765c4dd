import { createHash } from "node:crypto";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { encodeHeaderValue } from "../../http/header_value.ts";
import { discard } from "../../http/http_client.ts";
import { textOf } from "../../http/read_xml.ts";
import type { ObjectMeta, UploadedPart, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { S3Headers } from "./s3_client.ts";
import { type Place, request, type S3Context } from "./s3_context.ts";
import { encodeMetadata, METADATA_PREFIX } from "./s3_metadata.ts";
import { resultOf } from "./s3_refusal.ts";
import { findObject } from "./s3_stat.ts";
import { alreadyExists } from "./s3_write.ts";

/** Parts that one upload may have. */
export const PARTS_MAX = 10_000;
const ABORT_TIMEOUT_MS = 15_000;

/** One upload in parts: each method is one request, made once. */
export interface S3Upload {
  readonly context: S3Context;
  readonly place: Place;
  readonly operation: string;
  readonly id: string;
  readonly options: Pick<WriteOptions, "ifAbsent" | "contentType" | "contentDisposition" | "metadata">;
}

/** Begins an upload in parts. With `ifAbsent` it looks first, so that nobody sends many parts for nothing. */
export async function createUpload(
  context: S3Context,
  place: Place,
  options: WriteOptions & { readonly operation: string },
): Promise<S3Upload> {
  const { operation, signal } = options;
  const call = { operation, path: place.path, signal };
  if (options.ifAbsent === true && (await findObject(context, call)) !== undefined) {
    throw alreadyExists(context, call);
  }
  const result = await request(context, call, {
    method: "POST",
    key: place.key,
    query: { uploads: "" },
    headers: { ...context.newObject, ...describe(options) },
    take: (answer) => resultOf(answer, "InitiateMultipartUploadResult"),
  });
  const id = textOf(result, "UploadId");
  if (id === undefined) {
    const state = "the service began no upload in parts";
    throw storeError(context.info, { ...call, kind: "Unexpected", state });
  }
  return { context, place, operation, id, options };
}

/** The headers with what a new object says of itself. */
export function describe(
  options: Pick<WriteOptions, "contentType" | "contentDisposition" | "metadata" | "storageClass">,
): S3Headers {
  const { contentType, contentDisposition, metadata = {}, storageClass } = options;
  return {
    ...(storageClass === undefined ? {} : { "x-amz-storage-class": storageClass }),
    ...(contentType === undefined ? {} : { "content-type": encodeHeaderValue(contentType) }),
    ...(contentDisposition === undefined ? {} : { "content-disposition": contentDisposition }),
    ...Object.fromEntries(
      Object.entries(encodeMetadata(metadata)).map(([name, value]) => [METADATA_PREFIX + name, value]),
    ),
  };
}

/** Uploads part `number` (from 1). */
export async function uploadPart(
  upload: S3Upload,
  part: { readonly number: number; readonly bytes: Uint8Array; readonly signal: AbortSignal | undefined },
): Promise<UploadedPart> {
  const { context, place, operation, id } = upload;
  const { number, bytes, signal } = part;
  const etag = await request(
    context,
    { operation, path: place.path, signal },
    {
      method: "PUT",
      key: place.key,
      query: { partNumber: String(number), uploadId: id },
      headers: context.customerKey,
      body: bytes,
      take: (answer) => {
        discard(answer);
        return answer.headers["etag"] ?? "";
      },
    },
  );
  noteGarbage(bytes.length);
  return { number, etag, size: bytes.length };
}

/** Makes the object of its parts. `again` says that this was tried before and that the answer may have been lost. */
export async function completeUpload(
  upload: S3Upload,
  parts: readonly UploadedPart[],
  options: { readonly signal: AbortSignal | undefined; readonly again?: boolean },
): Promise<ObjectMeta> {
  const { context, place, operation, id } = upload;
  const call = { operation, path: place.path, signal: options.signal };
  const sorted = parts.toSorted((left, right) => left.number - right.number);
  const expectedTag = tagOf(sorted);
  const meta = {
    path: place.path,
    kind: "file",
    size: sorted.reduce((sum, part) => sum + part.size, 0),
    ...(upload.options.contentType === undefined ? {} : { contentType: upload.options.contentType }),
    ...(upload.options.metadata === undefined ? {} : { metadata: { ...upload.options.metadata } }),
  } as const;
  const conditional = upload.options.ifAbsent === true && context.options.conditional_writes;
  try {
    const result = await request(context, call, {
      method: "POST",
      key: place.key,
      query: { uploadId: id },
      headers: {
        ...context.customerKey,
        "content-type": "application/xml",
        "if-none-match": conditional ? "*" : undefined,
      },
      body: Buffer.from(completeXml(sorted)),
      take: (answer) => resultOf(answer, "CompleteMultipartUploadResult"),
      refused: (failure) => {
        if (PART_FAULTS.has(failure.code)) return wrongParts(context, call);
        return conditional && failure.status === 412 ? alreadyExists(context, call) : undefined;
      },
    });
    if (result === undefined) {
      const state = "the service does not say whether it has put the parts together";
      throw storeError(context.info, { ...call, kind: "Unexpected", state });
    }
    const etag = textOf(result, "ETag");
    return { ...meta, ...(etag === undefined ? {} : { etag }) };
  } catch (error) {
    // The first try may have made the object, which would now be in its own way: it has the tag of just these parts.
    if (options.again === true && isKind(error, "AlreadyExists", "NotFound")) {
      const found = await findObject(context, call);
      if (found?.etag === expectedTag && found.size === meta.size) return { ...meta, etag: expectedTag };
    }
    throw error;
  }
}

/** Throws the parts away, also when the caller has cancelled. Idempotent. Says whether they are gone. */
export async function abortUpload(upload: S3Upload): Promise<boolean> {
  const { context, place, operation, id } = upload;
  const call = { operation, path: place.path, signal: AbortSignal.timeout(ABORT_TIMEOUT_MS) };
  try {
    await request(context, call, {
      method: "DELETE",
      key: place.key,
      query: { uploadId: id },
      take: discard,
    });
    return true;
  } catch (error) {
    return isKind(error, "NotFound");
  }
}

/** What names the parts of an object, in their order. */
export function completeXml(parts: readonly Pick<UploadedPart, "number" | "etag">[]): string {
  const escaped = (text: string) =>
    text.replace(/[&<>]/g, (letter) => (letter === "&" ? "&amp;" : letter === "<" ? "&lt;" : "&gt;"));
  const inner = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner.join("")}</CompleteMultipartUpload>`;
}

const PART_FAULTS: ReadonlySet<string> = new Set(["InvalidPart", "InvalidPartOrder", "MalformedXML"]);

function wrongParts(
  context: S3Context,
  call: { readonly operation: string; readonly path: string },
): JcsError {
  const state = "the parts are not what was uploaded";
  return storeError(context.info, { ...call, kind: "ConditionFailed", state });
}

/** The tag that S3 gives to an object made of parts, unless it is encrypted with other than the service's own key. */
function tagOf(parts: readonly UploadedPart[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
  return `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
}
