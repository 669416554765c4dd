import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { writeInParts } from "../../upload/write_in_parts.ts";
import { type AzblobContext, type Place, placeOf, request } from "./azblob_context.ts";
import { newObjectHeaders } from "./azblob_meta.ts";
import { BLOCKS_MAX, beginUpload, commitBlocks, PRESENT, putBlock } from "./azblob_upload.ts";

/** Largest block, and with it the largest part of a stream. */
export const BLOCK_BYTES_MAX = 4000 * 1024 * 1024;
/** With an unknown size the parts double after so many of them, so that no stream is too long. */
const PARTS_OF_ONE_SIZE = 5000;

/** Writes a blob, at once or in blocks ({@link writeInParts}). What fails leaves blocks that the service hides and forgets by itself. */
export async function writeBlob(
  context: AzblobContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { body: _, ...options } = write;
  const place = placeOf(context, { operation: "write", path: at });
  const call = { info: context.info, operation: "write", path: place.path };
  return await writeInParts(call, write, {
    onceBytesMax: context.options.multipart_threshold,
    partsMax: BLOCKS_MAX,
    concurrency: context.options.part_concurrency,
    partBytes: (number, size) => partBytesOf(context, { number, size }),
    put: (bytes, signal) => putBlob(context, place, { ...options, signal, bytes }),
    begin: (signal) => beginUpload(context, place, { ...options, operation: "write", signal }),
    send: putBlock,
    complete: commitBlocks,
  });
}

/** Writes a blob in one request. */
export async function putBlob(
  context: AzblobContext,
  place: Place,
  options: WriteOptions & { readonly bytes: Uint8Array },
): Promise<ObjectMeta> {
  const { bytes, contentType, metadata, storageClass, ifAbsent, signal, checksum } = options;
  const call = { operation: "write", path: place.path, signal };
  try {
    const answer = await request(context, call, {
      method: "PUT",
      blob: place.blob,
      headers: {
        ...newObjectHeaders(context, options),
        "x-ms-blob-type": "BlockBlob",
        ...(checksum === undefined ? {} : { "content-md5": Buffer.from(checksum.value).toString("base64") }),
        ...(ifAbsent === true ? { "if-none-match": "*" } : {}),
      },
      body: bytes,
    });
    discard(answer);
    const { etag } = answer.headers;
    return {
      path: place.path,
      kind: "file",
      size: bytes.length,
      ...(etag === undefined ? {} : { etag }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
      ...(storageClass === undefined ? {} : { storageClass }),
    };
  } catch (error) {
    if (ifAbsent !== true || !isKind(error, "ConditionFailed")) throw error;
    throw storeError(context.info, {
      kind: "AlreadyExists",
      operation: "write",
      path: place.path,
      state: PRESENT,
    });
  }
}

function partBytesOf(
  context: AzblobContext,
  { number, size }: { readonly number: number; readonly size: number | undefined },
): number {
  const least = context.options.part_size;
  if (size !== undefined) return Math.max(least, Math.ceil(size / BLOCKS_MAX));
  return Math.min(least * 2 ** Math.floor((number - 1) / PARTS_OF_ONE_SIZE), BLOCK_BYTES_MAX);
}
