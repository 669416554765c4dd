import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import type { Checksum, ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { writeInParts } from "../../upload/write_in_parts.ts";
import type { S3Headers } from "./s3_client.ts";
import { type Place, placeOf, request, type S3Context } from "./s3_context.ts";
import { findObject } from "./s3_stat.ts";
import { abortUpload, completeUpload, createUpload, describe, PARTS_MAX, uploadPart } from "./s3_upload.ts";

const MIB = 1024 * 1024;
/** With an unknown size the parts double after so many of them, so that no stream is too long. */
const PARTS_OF_ONE_SIZE = 2000;

/** Writes an object, at once or in parts ({@link writeInParts}). */
export async function writeObject(
  context: S3Context,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { body: _, ...options } = write;
  const place = placeOf(context, { operation: "write", path: at });
  const call = { info: context.info, operation: "write", path: place.path };
  return await writeInParts(call, write, {
    onceBytesMax: context.options.multipart_threshold,
    partsMax: PARTS_MAX,
    concurrency: context.options.part_concurrency,
    partBytes: (number, size) => partBytesOf(context, { number, size }),
    put: (bytes, signal) => putObject(context, place, { ...options, signal, bytes }),
    begin: (signal) => createUpload(context, place, { ...options, operation: "write", signal }),
    send: uploadPart,
    complete: completeUpload,
    abort: abortUpload,
  });
}

/** Writes an object in one request. */
export async function putObject(
  context: S3Context,
  place: Place,
  options: WriteOptions & { readonly bytes: Uint8Array },
): Promise<ObjectMeta> {
  const { bytes, contentType, metadata, signal } = options;
  const call = { operation: "write", path: place.path, signal };
  const conditional = options.ifAbsent === true && context.options.conditional_writes;
  if (options.ifAbsent === true && !conditional && (await findObject(context, call)) !== undefined) {
    throw alreadyExists(context, call);
  }
  try {
    const etag = await request(context, call, {
      method: "PUT",
      key: place.key,
      headers: {
        "content-type": "application/octet-stream",
        ...context.newObject,
        ...describe(options),
        ...checksumHeader(options.checksum),
        "if-none-match": conditional ? "*" : undefined,
      },
      body: bytes,
      take: (answer) => {
        discard(answer);
        return answer.headers["etag"];
      },
    });
    return {
      path: place.path,
      kind: "file",
      size: bytes.length,
      ...(etag ? { etag } : {}),
      ...(contentType === undefined ? {} : { contentType }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    };
  } catch (error) {
    if (conditional && isKind(error, "ConditionFailed") && error.retry === "never")
      throw alreadyExists(context, call);
    if (conditional && isKind(error, "Unsupported")) {
      const state =
        "the service has no conditional writes; set conditional_writes=false in the connection string";
      throw storeError(context.info, { ...call, kind: "Unsupported", state });
    }
    throw error;
  }
}

function checksumHeader(checksum: Checksum | undefined): S3Headers {
  if (checksum === undefined) return {};
  const text = Buffer.from(checksum.value).toString("base64");
  switch (checksum.algorithm) {
    case "md5":
      return { "content-md5": text };
    case "crc32":
      return { "x-amz-checksum-crc32": text };
    case "sha256":
      return { "x-amz-checksum-sha256": text };
  }
}

/** The error of a write with `ifAbsent` that came second. */
export function alreadyExists(
  context: S3Context,
  call: { readonly operation: string; readonly path: string },
): JcsError {
  return storeError(context.info, { ...call, kind: "AlreadyExists", state: "there is an object already" });
}

/** Bytes of part `number`: as configured, more where the object would not fit into the parts there may be. */
function partBytesOf(
  context: S3Context,
  part: { readonly number: number; readonly size: number | undefined },
): number {
  const configured = context.options.part_size;
  if (part.size === undefined) return configured * 2 ** Math.floor((part.number - 1) / PARTS_OF_ONE_SIZE);
  return Math.max(configured, Math.ceil(part.size / PARTS_MAX / MIB) * MIB);
}
