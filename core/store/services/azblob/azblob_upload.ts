import { randomUUID } from "node:crypto";
import { isKind } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import type { ObjectMeta, UploadedPart, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { readBlocks } from "./azblob_blocks.ts";
import { type AzblobContext, type Place, request } from "./azblob_context.ts";
import { findBlob, newObjectHeaders } from "./azblob_meta.ts";

/** Blocks that one blob may have. */
export const BLOCKS_MAX = 50_000;

/** One upload in blocks. Nothing begins it on the service, and nothing can end it there: blocks that were not committed within a week
 *  are forgotten, or as soon as somebody else writes the blob. */
export interface AzblobUpload {
  readonly context: AzblobContext;
  readonly place: Place;
  readonly operation: string;
  readonly id: string;
  readonly options: Omit<WriteOptions, "signal" | "size">;
}

/** Begins an upload in blocks. With `ifAbsent` it looks first, so that nobody sends many blocks for nothing. */
export async function beginUpload(
  context: AzblobContext,
  place: Place,
  options: WriteOptions & { readonly operation: string },
): Promise<AzblobUpload> {
  const { operation, signal, size: _, ...rest } = options;
  const call = { operation, path: place.path, signal };
  if (options.ifAbsent === true && (await findBlob(context, call, place)) !== undefined) {
    throw storeError(context.info, { kind: "AlreadyExists", operation, path: place.path, state: PRESENT });
  }
  return { context, place, operation, id: randomUUID().replaceAll("-", ""), options: rest };
}

/** Uploads block `number` (from 1). The same number again replaces it. */
export async function putBlock(
  upload: AzblobUpload,
  part: { readonly number: number; readonly bytes: Uint8Array; readonly signal: AbortSignal | undefined },
): Promise<UploadedPart> {
  const { context, place, operation } = upload;
  const { number, bytes, signal } = part;
  const id = blockId(upload.id, number);
  const answer = await request(
    context,
    { operation, path: place.path, signal },
    { method: "PUT", blob: place.blob, query: { blockid: id, comp: "block" }, body: bytes },
  );
  discard(answer);
  return { number, etag: id, size: bytes.length };
}

/** Makes the blob of its blocks: in the order of their numbers, after the blocks `kept` that it has already. `again` says that this was tried
 *  before and that the answer may have been lost. */
export async function commitBlocks(
  upload: AzblobUpload,
  parts: readonly UploadedPart[],
  options: {
    readonly signal: AbortSignal | undefined;
    readonly again?: boolean;
    readonly kept?: readonly string[];
    readonly ifMatch?: string;
  },
): Promise<ObjectMeta> {
  const { context, place, operation } = upload;
  const { contentType, metadata, storageClass, ifAbsent } = upload.options;
  const call = { operation, path: place.path, signal: options.signal };
  const sorted = parts.toSorted((left, right) => left.number - right.number);
  const ids = [...(options.kept ?? []), ...sorted.map((part) => part.etag)];
  const body = Buffer.from(blockList(ids));
  const meta = {
    path: place.path,
    kind: "file",
    size: parts.reduce((sum, part) => sum + part.size, 0),
    ...(contentType === undefined ? {} : { contentType }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    ...(storageClass === undefined ? {} : { storageClass }),
  } as const;
  try {
    const answer = await request(context, call, {
      method: "PUT",
      blob: place.blob,
      query: { comp: "blocklist" },
      headers: {
        ...newObjectHeaders(context, upload.options),
        "content-type": "application/xml",
        ...(ifAbsent === true ? { "if-none-match": "*" } : {}),
        ...(options.ifMatch === undefined ? {} : { "if-match": options.ifMatch }),
      },
      body,
    });
    discard(answer);
    const { etag } = answer.headers;
    return { ...meta, ...(etag === undefined ? {} : { etag }) };
  } catch (error) {
    // The first try may have made the object, which would now be in its own way: it is made of just these blocks.
    if (options.again === true && isKind(error, "AlreadyExists", "ConditionFailed")) {
      const blocks = await readBlocks(context, call, place);
      if (blocks.length === ids.length && blocks.every(({ id }, index) => id === ids[index])) return meta;
    }
    throw error;
  }
}

/** The body of the request that makes a blob of these blocks, in their order. */
export function blockList(ids: readonly string[]): string {
  const blocks = ids.map((id) => `<Latest>${id}</Latest>`).join("");
  return `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks}</BlockList>`;
}

/** What is said of an object that must not be there. */
export const PRESENT = "there is an object already";

/** The id of block `number` of an upload. All ids of a blob's blocks must have the same length: these and those of others that are kept are told apart
 *  by {@link AzblobUpload.id}. */
export function blockId(uploadId: string, number: number): string {
  return Buffer.from(`${uploadId}${String(number).padStart(7, "0")}`).toString("base64");
}
