import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import type { PieceSource } from "../../upload/part_source.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { watchedBody } from "../../upload/watched_body.ts";
import { findResource } from "./propfind.ts";
import { writeChunks } from "./webdav_chunks.ts";
import {
  parentOf,
  pathOf,
  replacesAtOnce,
  request,
  resourceOf,
  WEBDAV_CAPABILITIES,
  type WebdavContext,
} from "./webdav_context.ts";
import { makeDirectories, type ReplaceCall, replaceResource, withParents } from "./webdav_replace.ts";

/** Bodies up to this size lie in memory, and can be sent again once missing directories were made. */
const HELD_BYTES_MAX = 1024 * 1024;

/** Writes an object: with one PUT where the server replaces objects at once, elsewhere under a temporary name that then becomes its own; a large
 *  one in chunks where the server takes them.
 *
 *  Memory: {@link HELD_BYTES_MAX}, or `part_size × part_concurrency` in chunks. With `ifAbsent` it looks, and the server looks once more, but most
 *  servers do not decide it atomically. */
export async function writeResource(
  context: WebdavContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { body, ifAbsent = false } = write;
  const { info, options } = context;
  const place = { operation: "write", path: pathOf(context, { operation: "write", path: at }) };
  const halt = new AbortController();
  const signal = write.signal === undefined ? halt.signal : AbortSignal.any([write.signal, halt.signal]);
  const call: ReplaceCall = { ...place, signal };
  const { source, size, end } = takeParts(body, { info, ...call, size: write.size });
  try {
    throwIfCancelled(info, { ...place, signal });
    refuseUndeclared({ info, capabilities: WEBDAV_CAPABILITIES }, { ...write, ...place });
    if (ifAbsent && (await findResource(context, call, place.path)) !== undefined) {
      throw storeError(info, { ...place, kind: "AlreadyExists", state: "there is an object already" });
    }
    const { upload_directory: uploads, part_size: partBytes } = options;
    const heldBytes = uploads === undefined ? HELD_BYTES_MAX : partBytes;
    const first =
      (await source.next(Math.max(Math.min(size ?? heldBytes, heldBytes), 1))) ?? new Uint8Array(0);
    const second = await (uploads === undefined ? source.piece() : source.next(partBytes));
    let sent = first.length;
    if (second !== undefined && uploads !== undefined) {
      sent = await writeChunks(context, call, { first: [first, second], source, ifAbsent, halt });
    } else if (second === undefined || body instanceof Uint8Array) {
      const bytes = body instanceof Uint8Array ? body : first;
      sent = bytes.length;
      await replace(context, call, {
        ifAbsent,
        fill: (target) => withParents(context, call, () => put(context, call, { ...target, body: bytes })),
      });
    } else {
      // A stream cannot be sent twice: what it needs is made before.
      await makeDirectories(context, call, parentOf(place.path));
      await replace(context, call, {
        ifAbsent,
        async fill(target) {
          sent = await putStream(context, call, { ...target, first: [first, second], source, size });
        },
      });
    }
    return { path: place.path, kind: "file", size: sent };
  } finally {
    end();
  }
}

/** Where the bytes go. */
interface Target {
  /** A path in requests. */
  readonly resource: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Has `fill` send the bytes to where the object comes to be in the right way: to itself where the server replaces at once, or else beside it. */
async function replace(
  context: WebdavContext,
  call: ReplaceCall,
  options: { readonly ifAbsent: boolean; readonly fill: (target: Target) => Promise<void> },
): Promise<void> {
  const { ifAbsent, fill } = options;
  if (!(await replacesAtOnce(context, call))) {
    return await replaceResource(context, call, {
      ifAbsent,
      fill: (temporary) => fill({ resource: temporary, headers: {} }),
    });
  }
  try {
    await fill({
      resource: resourceOf(context, call.path),
      headers: ifAbsent ? { "if-none-match": "*" } : {},
    });
  } catch (error) {
    if (!isKind(error, "ConditionFailed", "Unsupported", "PermissionDenied", "Config", "Unexpected"))
      throw error;
    const there = await findResource(context, call, call.path).catch(() => undefined);
    if (there?.kind === "directory") {
      const state = "there is a directory at the path";
      throw storeError(context.info, { ...call, kind: "ConditionFailed", state });
    }
    if (there !== undefined && ifAbsent && isKind(error, "ConditionFailed")) {
      throw storeError(context.info, {
        ...call,
        kind: "AlreadyExists",
        state: "there is an object already",
      });
    }
    throw error;
  }
}

async function put(
  context: WebdavContext,
  call: ReplaceCall,
  { resource, headers, body }: Target & { readonly body: Uint8Array },
): Promise<void> {
  discard(await request(context, call, { method: "PUT", path: resource, headers, body }));
}

async function putStream(
  context: WebdavContext,
  call: ReplaceCall,
  stream: Target & {
    readonly first: readonly Uint8Array[];
    readonly source: PieceSource;
    readonly size: number | undefined;
  },
): Promise<number> {
  const { resource, source, size } = stream;
  const waiting = [...stream.first];
  const body = watchedBody({ next: async () => waiting.shift() ?? (await source.piece()), end() {} });
  const length: Record<string, string> = size === undefined ? {} : { "content-length": String(size) };
  const headers = { ...stream.headers, ...length };
  try {
    discard(await request(context, call, { method: "PUT", path: resource, headers, body }));
  } catch (error) {
    throw body.explain(error);
  }
  return body.bytes;
}
