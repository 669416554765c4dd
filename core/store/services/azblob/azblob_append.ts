import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { ObjectMeta, UploadedPart, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { type PartSource, partsOfStream } from "../../upload/part_source.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { readBlocks } from "./azblob_blocks.ts";
import { type AzblobContext, type Place, placeOf, request } from "./azblob_context.ts";
import { type BlobMeta, findBlob, newObjectHeaders } from "./azblob_meta.ts";
import { readBlob } from "./azblob_read.ts";
import { beginUpload, commitBlocks, putBlock } from "./azblob_upload.ts";

/** Largest piece that an append blob takes at a time, of every version of the service. */
const APPEND_BYTES_MAX = 4 * 1024 * 1024;

/** Adds bytes to the end of a blob. Makes an append blob where there is none, and adds to one piece by piece: what fails may have added some, and
 *  somebody who appends meanwhile makes it `ConditionFailed`.
 *
 *  A block blob gets more blocks, all at once or none. One that was written in one request has no blocks yet: its bytes are sent once more as such. */
export async function appendBlob(
  context: AzblobContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { body, signal } = write;
  const place = placeOf(context, { operation: "append", path: at });
  const call = { operation: "append", path: place.path, signal };
  const { source, end } = takeParts(body, { info: context.info, ...call, size: write.size });
  try {
    const found = (await findBlob(context, call, place)) ?? (await createAppendBlob(context, place, write));
    if (found.blobType === "AppendBlob") return await appendPieces(context, place, { source, found, call });
    if (found.blobType === "BlockBlob") return await appendBlocks(context, place, { source, found, call });
    const state = "the object is a blob of another type, which does not grow";
    throw storeError(context.info, { kind: "Unsupported", operation: "append", path: place.path, state });
  } finally {
    end();
  }
}

interface Append {
  readonly source: PartSource;
  readonly found: BlobMeta;
  readonly call: HttpCall;
}

async function createAppendBlob(
  context: AzblobContext,
  place: Place,
  options: WriteOptions,
): Promise<BlobMeta> {
  const call = { operation: "append", path: place.path, signal: options.signal };
  // Append blobs have no tiers.
  const { "x-ms-access-tier": _, ...headers } = newObjectHeaders(context, options);
  try {
    const answer = await request(context, call, {
      method: "PUT",
      blob: place.blob,
      headers: { ...headers, "x-ms-blob-type": "AppendBlob", "if-none-match": "*" },
    });
    discard(answer);
  } catch (error) {
    // Somebody else was faster.
    const found = isKind(error, "AlreadyExists") ? await findBlob(context, call, place) : undefined;
    if (found === undefined) throw error;
    return found;
  }
  return { path: place.path, kind: "file", size: 0, blobType: "AppendBlob" };
}

async function appendPieces(
  context: AzblobContext,
  place: Place,
  { source, found, call }: Append,
): Promise<ObjectMeta> {
  let size = found.size ?? 0;
  let etag = found.etag;
  for (;;) {
    const piece = await source.next(APPEND_BYTES_MAX);
    if (piece === undefined) break;
    const answer = await request(context, call, {
      method: "PUT",
      blob: place.blob,
      query: { comp: "appendblock" },
      headers: { "x-ms-blob-condition-appendpos": String(size) },
      body: piece,
    });
    discard(answer);
    size += piece.length;
    etag = answer.headers["etag"];
    source.recycle(piece);
  }
  return { path: place.path, kind: "file", size, ...(etag === undefined ? {} : { etag }) };
}

async function appendBlocks(
  context: AzblobContext,
  place: Place,
  { source, found, call }: Append,
): Promise<ObjectMeta> {
  const { contentType, contentDisposition, metadata, storageClass, etag, size = 0 } = found;
  const upload = await beginUpload(context, place, {
    operation: "append",
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(storageClass === undefined ? {} : { storageClass }),
  });
  const kept = await readBlocks(context, call, place);
  const parts: UploadedPart[] = [];
  const send = async (from: PartSource) => {
    for (;;) {
      const bytes = await from.next(context.options.part_size);
      if (bytes === undefined) return;
      parts.push(await putBlock(upload, { number: parts.length + 1, bytes, signal: call.signal }));
      from.recycle(bytes);
    }
  };
  if (kept.length === 0 && size > 0) {
    const stream = await readBlob(context, place.path, {
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      ...(etag === undefined ? {} : { ifMatch: etag }),
    });
    const taken = takeBody(stream, { info: context.info, operation: "append", path: place.path, size });
    try {
      await send(partsOfStream(taken));
    } finally {
      taken.end();
    }
  }
  await send(source);
  const meta = await commitBlocks(upload, parts, {
    signal: call.signal,
    kept: kept.map(({ id }) => id),
    ...(etag === undefined ? {} : { ifMatch: etag }),
  });
  const keptBytes = kept.reduce((sum, block) => sum + block.size, 0);
  return { ...meta, size: keptBytes + (meta.size ?? 0) };
}
