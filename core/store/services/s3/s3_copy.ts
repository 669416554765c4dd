import type { JcsError } from "../../../errors.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { textOf } from "../../http/read_xml.ts";
import type { CallOptions, ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { eachPart } from "../../upload/each_part.ts";
import type { S3Headers } from "./s3_client.ts";
import { customerKeyHeaders, type Place, placeOf, request, type S3Context } from "./s3_context.ts";
import { resultOf } from "./s3_refusal.ts";
import { encodePath } from "./s3_signature.ts";
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
    // Ceph decodes the name twice here, and would copy another object.
    if (context.options.endpoint !== undefined && /%[0-9a-f]{2}/i.test(source.key)) {
      const state = "the service may take a name with a percent sign for another one when it copies in parts";
      throw storeError(context.info, { ...call, kind: "Unsupported", state });
    }
    await copyInParts(context, { source, target, meta, signal: options.signal });
    return;
  }
  await request(context, call, {
    method: "PUT",
    key: target.key,
    headers: { ...context.newObject, ...copySource(context, source, meta) },
    take: async (answer) => {
      if ((await resultOf(answer, "CopyObjectResult")) === undefined) throw unanswered(context, call);
    },
  });
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
      const call = { operation: "copy", path: source.path, signal };
      const result = await request(context, call, {
        method: "PUT",
        key: target.key,
        query: { partNumber: String(number), uploadId: upload.id },
        headers: {
          ...context.customerKey,
          ...copySource(context, source, meta),
          "x-amz-copy-source-range": `bytes=${start}-${end - 1}`,
        },
        take: (answer) => resultOf(answer, "CopyPartResult"),
      });
      if (result === undefined) throw unanswered(context, call);
      return { number, etag: textOf(result, "ETag") ?? "", size: end - start };
    });
    await completeUpload(upload, parts, { signal: copy.signal });
  } catch (error) {
    await abortUpload(upload);
    throw error;
  }
}

/** The headers of a request that name what is copied: this very version of it. */
function copySource(context: S3Context, source: Place, meta: ObjectMeta): S3Headers {
  return {
    "x-amz-copy-source": `${encodePath(context.info.name)}/${encodePath(source.key)}`,
    "x-amz-copy-source-if-match": meta.etag,
    ...customerKeyHeaders(context.options, "copy-source-"),
  };
}

function unanswered(context: S3Context, call: HttpCall): JcsError {
  const state = "the service does not say whether it has copied";
  return storeError(context.info, { ...call, kind: "Unexpected", state });
}
