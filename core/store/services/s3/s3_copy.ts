import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import type { CallOptions, ObjectMeta } from "../../store.ts";
import { eachPart } from "../../upload/each_part.ts";
import { type Place, placeOf, request, type S3Context } from "./s3_context.ts";
import { headObject } from "./s3_stat.ts";
import { abortUpload, completeUpload, createUpload, PARTS_MAX } from "./s3_upload.ts";

const COPY_PART_BYTES = 256 * 1024 * 1024;

/** Copies inside the bucket: in one request up to `copy_threshold`, above it in parts, several at the same time. Metadata and content
 *  type come along; storage class and encryption are those of new objects. */
export async function copyObject(
  context: S3Context,
  paths: { readonly source: string; readonly target: string },
  options: CallOptions,
): Promise<void> {
  const source = placeOf(context, { operation: "copy", path: paths.source });
  const target = placeOf(context, { operation: "copy", path: paths.target });
  const call = { operation: "copy", path: source.path, signal: options.signal };
  const meta = await headObject(context, call);
  if (source.key === target.key) return;
  if ((meta.size ?? 0) > context.options.copy_threshold) {
    await copyInParts(context, { source, target, meta, signal: options.signal });
    return;
  }
  const input = {
    ...context.bucket,
    ...context.newObject,
    ...copySource(context, source, meta),
    Key: target.key,
  };
  await request(context, call, (sendOptions) =>
    context.client.send(new CopyObjectCommand(input), sendOptions),
  );
}

async function copyInParts(
  context: S3Context,
  copy: {
    readonly source: Place;
    readonly target: Place;
    readonly meta: ObjectMeta;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { source, target, meta } = copy;
  const size = meta.size ?? 0;
  const { contentType, contentDisposition, metadata } = meta;
  const upload = await createUpload(context, target, {
    operation: "copy",
    ...(copy.signal === undefined ? {} : { signal: copy.signal }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(metadata === undefined ? {} : { metadata }),
  });
  const partBytes = Math.max(
    Math.min(COPY_PART_BYTES, context.options.copy_threshold),
    context.options.part_size,
    Math.ceil(size / PARTS_MAX),
  );
  const count = Math.ceil(size / partBytes);
  const concurrency = context.options.part_concurrency;
  try {
    const parts = await eachPart({ count, concurrency, signal: copy.signal }, async (number, signal) => {
      const start = (number - 1) * partBytes;
      const end = Math.min(start + partBytes, size);
      const input = {
        ...context.bucket,
        ...context.customerKey,
        ...copySource(context, source, meta),
        CopySourceRange: `bytes=${start}-${end - 1}`,
        Key: target.key,
        UploadId: upload.id,
        PartNumber: number,
      };
      const output = await request(context, { operation: "copy", path: source.path, signal }, (options) =>
        context.client.send(new UploadPartCopyCommand(input), options),
      );
      return { number, etag: output.CopyPartResult?.ETag ?? "", size: end - start };
    });
    await completeUpload(upload, parts, { signal: copy.signal });
  } catch (error) {
    await abortUpload(upload);
    throw error;
  }
}

/** The members of a request that name what is copied: this very version of it. */
function copySource(context: S3Context, source: Place, meta: ObjectMeta) {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: key } = context.customerKey;
  const path = source.key.split("/").map(encodeURIComponent).join("/");
  return {
    CopySource: `${context.bucket.Bucket}/${path}`,
    ...(meta.etag === undefined ? {} : { CopySourceIfMatch: meta.etag }),
    ...(algorithm === undefined ? {} : { CopySourceSSECustomerAlgorithm: algorithm }),
    ...(key === undefined ? {} : { CopySourceSSECustomerKey: key }),
  };
}
