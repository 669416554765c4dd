import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import { discard } from "../../http/http_client.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { partsOfBytes, partsOfStream } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { sendParts } from "../../upload/send_parts.ts";
import { type AzblobContext, type Place, placeOf, request } from "./azblob_context.ts";
import { newObjectHeaders } from "./azblob_meta.ts";
import { BLOCKS_MAX, beginUpload, commitBlocks, PRESENT, putBlock } from "./azblob_upload.ts";

/** Largest block, and with it the largest part of a stream. */
export const BLOCK_BYTES_MAX = 4000 * 1024 * 1024;
/** With an unknown size the parts double after so many of them, so that no stream is too long. */
const PARTS_OF_ONE_SIZE = 5000;

/** Writes a blob: a small one in one request, a larger one in blocks, several at the same time.
 *
 *  Memory: `part_size × part_concurrency`, or one body up to `multipart_threshold`. What fails leaves blocks that the service hides and forgets
 *  by itself. Requests for the bytes of a stream are tried again here, where those bytes are; with bytes the retry layer does it all. */
export async function writeBlob(
  context: AzblobContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { body, ...options } = write;
  const place = placeOf(context, { operation: "write", path: at });
  const isBytes = body instanceof Uint8Array;
  const size = options.size ?? (isBytes ? body.length : undefined);
  const halt = new AbortController();
  const signal = options.signal === undefined ? halt.signal : AbortSignal.any([options.signal, halt.signal]);
  const call = { operation: "write", path: place.path, size, signal };
  if (isBytes && size !== body.length) {
    const state = `the body has ${body.length} bytes and not ${size}`;
    throw storeError(context.info, { ...call, kind: "ConditionFailed", state });
  }
  const taken = takeBody(body, { info: context.info, ...call });
  const source = isBytes ? partsOfBytes(body) : partsOfStream(taken);
  const attempts = isBytes ? 1 : ATTEMPTS_MAX;
  const partBytes = (number: number) => partBytesOf(context, { number, size });
  try {
    const isSmall = size !== undefined && size <= context.options.multipart_threshold;
    const first = await source.next(isSmall ? Math.max(size, 1) : partBytes(1));
    const second = await source.next(partBytes(2));
    if (second === undefined || first === undefined) {
      const bytes = first ?? new Uint8Array(0);
      // The answer to one with ifAbsent may have been lost: a second try would find its own object in the way.
      return await retryHeld({ attempts: options.ifAbsent ? 1 : attempts, signal }, () =>
        putBlob(context, place, { ...options, signal, bytes }),
      );
    }
    if (options.checksum !== undefined) {
      const state = "a body that is sent in parts takes no checksum; set a larger multipart_threshold";
      throw storeError(context.info, { ...call, kind: "Unsupported", state });
    }
    const upload = await retryHeld({ attempts, signal }, () =>
      beginUpload(context, place, { ...options, operation: "write", signal }),
    );
    const parts = await sendParts(source, {
      first: [first, second],
      partBytes,
      concurrency: context.options.part_concurrency,
      signal,
      halt,
      async send(number, bytes) {
        if (number <= BLOCKS_MAX) return await putBlock(upload, { number, bytes, signal });
        const state = `the object has more than ${BLOCKS_MAX} parts; set a larger part_size`;
        throw storeError(context.info, { ...call, kind: "Unsupported", state });
      },
    });
    return await retryHeld({ attempts: ATTEMPTS_MAX, signal }, (attempt) =>
      commitBlocks(upload, parts, { signal, again: attempt > 1 }),
    );
  } finally {
    taken.end();
  }
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
