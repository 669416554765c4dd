import { PutObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import type { Checksum, ObjectMeta, UploadedPart, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { type PartSource, partsOfBytes, partsOfStream } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type Place, placeOf, request, type S3Context } from "./s3_context.ts";
import { findObject } from "./s3_stat.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  describe,
  PARTS_MAX,
  type S3Upload,
  uploadPart,
} from "./s3_upload.ts";

const MIB = 1024 * 1024;
/** With an unknown size the parts double after so many of them, so that no stream is too long. */
const PARTS_OF_ONE_SIZE = 2000;

/** Writes an object: a small one in one request, a larger one in parts, several at the same time.
 *
 *  Memory: `part_size × part_concurrency`, or one body up to `multipart_threshold`. Whatever fails, parts are thrown away. Requests
 *  for the bytes of a stream are tried again here, where those bytes are; with bytes the retry layer does it all. */
export async function writeObject(
  context: S3Context,
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
  try {
    const partBytes = partBytesOf(context, { number: 1, size });
    const isSmall = size !== undefined && size <= context.options.multipart_threshold;
    const first = await source.next(isSmall ? Math.max(size, 1) : partBytes);
    const second = await source.next(partBytes);
    if (second === undefined) {
      const bytes = first ?? new Uint8Array(0);
      return await retryHeld({ attempts: options.ifAbsent ? 1 : attempts, signal }, () =>
        putObject(context, place, { ...options, signal, bytes }),
      );
    }
    if (options.checksum !== undefined) {
      const state = "a body that is sent in parts takes no checksum; set a larger multipart_threshold";
      throw storeError(context.info, { ...call, kind: "Unsupported", state });
    }
    const upload = await retryHeld({ attempts, signal }, () =>
      createUpload(context, place, { ...options, operation: "write", signal }),
    );
    return await sendParts(upload, { first, second, source, size, attempts, signal, halt });
  } finally {
    taken.end();
  }
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
  const input = {
    ...context.bucket,
    ...context.newObject,
    ...describe(options),
    ...checksumInput(options.checksum),
    Key: place.key,
    Body: bytes,
    ContentLength: bytes.length,
    ...(conditional ? { IfNoneMatch: "*" } : {}),
  };
  try {
    const output = await request(context, call, (sendOptions) =>
      context.client.send(new PutObjectCommand(input), sendOptions),
    );
    return {
      path: place.path,
      kind: "file",
      size: bytes.length,
      ...(output.ETag ? { etag: output.ETag } : {}),
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

function checksumInput(checksum: Checksum | undefined): Partial<PutObjectCommandInput> {
  if (checksum === undefined) return {};
  const text = Buffer.from(checksum.value).toString("base64");
  switch (checksum.algorithm) {
    case "md5":
      return { ContentMD5: text };
    case "crc32":
      return { ChecksumCRC32: text };
    case "sha256":
      return { ChecksumSHA256: text };
  }
}

/** The error of a write with `ifAbsent` that came second. */
export function alreadyExists(
  context: S3Context,
  call: { readonly operation: string; readonly path: string },
): JcsError {
  return storeError(context.info, { ...call, kind: "AlreadyExists", state: "there is an object already" });
}

/** Sends all parts, a bounded number at the same time, and completes the upload; throws it away when anything fails. */
async function sendParts(
  upload: S3Upload,
  options: {
    readonly first: Uint8Array | undefined;
    readonly second: Uint8Array;
    readonly source: PartSource;
    readonly size: number | undefined;
    readonly attempts: number;
    readonly signal: AbortSignal;
    readonly halt: AbortController;
  },
): Promise<ObjectMeta> {
  const { source, attempts, signal } = options;
  const uploaded: UploadedPart[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    options.halt.abort(error);
  };
  const send = (number: number, bytes: Uint8Array) => {
    const work = retryHeld({ attempts: ATTEMPTS_MAX, signal }, () =>
      uploadPart(upload, { number, bytes, signal }),
    )
      .then((part) => {
        uploaded.push(part);
        source.recycle(bytes);
      })
      .catch(fail)
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const room = async () => {
    while (underWay.size >= upload.context.options.part_concurrency) await Promise.race(underWay);
  };
  try {
    let number = 0;
    for (const part of [options.first, options.second]) {
      await room();
      if (part !== undefined) send(++number, part);
    }
    for (;;) {
      await room();
      if (failure !== undefined) break;
      const part = await source.next(partBytesOf(upload.context, { number: number + 1, size: options.size }));
      if (part === undefined) break;
      if (number === PARTS_MAX) throw tooLarge(upload);
      send(++number, part);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(underWay);
  if (failure === undefined) {
    try {
      return await retryHeld({ attempts, signal }, (attempt) =>
        completeUpload(upload, uploaded, { signal, again: attempt > 1 }),
      );
    } catch (error) {
      fail(error);
    }
  }
  await abortUpload(upload);
  throw failure?.error;
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

function tooLarge(upload: S3Upload): JcsError {
  const { context, place, operation } = upload;
  const state = `the object has more than ${PARTS_MAX} parts; set a larger part_size in the connection string`;
  return storeError(context.info, { kind: "Unsupported", operation, path: place.path, state });
}
