import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { isKind } from "../../../errors.ts";
import { encodeHeaderValue } from "../../http/header_value.ts";
import type { ObjectMeta, UploadedPart, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type Place, request, type S3Context, type StorageClass } from "./s3_context.ts";
import { codeOf, statusOf } from "./s3_error.ts";
import { encodeMetadata } from "./s3_metadata.ts";
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
  const output = await request(context, call, (sendOptions) =>
    context.client.send(
      new CreateMultipartUploadCommand({
        ...context.bucket,
        ...context.newObject,
        ...describe(options),
        Key: place.key,
      }),
      sendOptions,
    ),
  );
  if (!output.UploadId) {
    const state = "the service began no upload in parts";
    throw storeError(context.info, { ...call, kind: "Unexpected", state });
  }
  return { context, place, operation, id: output.UploadId, options };
}

/** What a new object says of itself. */
export function describe(
  options: Pick<WriteOptions, "contentType" | "contentDisposition" | "metadata" | "storageClass">,
): {
  readonly ContentType?: string;
  readonly ContentDisposition?: string;
  readonly StorageClass?: StorageClass;
  readonly Metadata?: Record<string, string>;
} {
  const { contentType, contentDisposition, metadata, storageClass } = options;
  return {
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as StorageClass }),
    ...(contentType === undefined ? {} : { ContentType: encodeHeaderValue(contentType) }),
    ...(contentDisposition === undefined ? {} : { ContentDisposition: contentDisposition }),
    ...(metadata === undefined ? {} : { Metadata: encodeMetadata(metadata) }),
  };
}

/** Uploads part `number` (from 1). */
export async function uploadPart(
  upload: S3Upload,
  part: { readonly number: number; readonly bytes: Uint8Array; readonly signal: AbortSignal | undefined },
): Promise<UploadedPart> {
  const { context, place, operation, id } = upload;
  const { number, bytes, signal } = part;
  const output = await request(context, { operation, path: place.path, signal }, (sendOptions) =>
    context.client.send(
      new UploadPartCommand({
        ...context.bucket,
        ...context.customerKey,
        Key: place.key,
        UploadId: id,
        PartNumber: number,
        Body: bytes,
        ContentLength: bytes.length,
      }),
      sendOptions,
    ),
  );
  noteGarbage(bytes.length);
  return { number, etag: output.ETag ?? "", size: bytes.length };
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
    const output = await request(context, call, (sendOptions) =>
      context.client
        .send(
          new CompleteMultipartUploadCommand({
            ...context.bucket,
            ...context.customerKey,
            Key: place.key,
            UploadId: id,
            MultipartUpload: {
              Parts: sorted.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
            },
            ...(conditional ? { IfNoneMatch: "*" } : {}),
          }),
          sendOptions,
        )
        .catch((failure: unknown) => {
          if (PART_FAULTS.has(codeOf(failure))) throw wrongParts(context, call);
          if (conditional && statusOf(failure) === 412) throw alreadyExists(context, call);
          throw failure;
        }),
    );
    return { ...meta, ...(output.ETag ? { etag: output.ETag } : {}) };
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
  const input = { ...context.bucket, Key: place.key, UploadId: id };
  try {
    await request(context, call, (options) =>
      context.client.send(new AbortMultipartUploadCommand(input), options),
    );
    return true;
  } catch (error) {
    return isKind(error, "NotFound");
  }
}

const PART_FAULTS: ReadonlySet<string> = new Set(["InvalidPart", "InvalidPartOrder", "MalformedXML"]);

function wrongParts(context: S3Context, call: { readonly operation: string; readonly path: string }): Error {
  const state = "the parts are not what was uploaded";
  return storeError(context.info, { ...call, kind: "ConditionFailed", state });
}

/** The tag that S3 gives to an object made of parts, unless it is encrypted with other than the service's own key. */
function tagOf(parts: readonly UploadedPart[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
  return `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
}
