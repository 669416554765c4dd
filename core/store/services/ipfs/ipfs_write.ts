import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import { asRecord, parseJson } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type Body, takeBody } from "../../take_body.ts";
import { watchedBody } from "../../upload/watched_body.ts";
import { putContent } from "./ipfs_change.ts";
import {
  type IpfsContext,
  look,
  type PathCall,
  requireRoot,
  send,
  throwStreamError,
} from "./ipfs_context.ts";
import { multipartBody } from "./multipart_body.ts";

const TEXT_BYTES_MAX = 64 * 1024;

/** Adds the body to the node and, when all of it is there, gives it its name. What fails before leaves content without a name, which the node's
 *  next garbage collection removes. */
export async function writeFile(
  context: IpfsContext,
  call: PathCall,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { info } = context;
  const isBytes = write.body instanceof Uint8Array;
  const size = write.size ?? (write.body instanceof Uint8Array ? write.body.length : undefined);
  const body = takeBody(write.body, { info, ...call, size });
  try {
    throwIfCancelled(info, call);
    if (write.metadata !== undefined || write.storageClass !== undefined) {
      const state = "the service has neither metadata nor storage classes";
      throw storeError(info, { ...call, kind: "Unsupported", state });
    }
    await requireRoot(context, call);
    const { cid, bytes } = await addContent(context, call, { body, size });
    const kept = await look(context, call, `/ipfs/${cid}`);
    if (kept?.meta.size !== bytes) {
      const state = `the node has not all of the ${bytes} bytes`;
      throw storeError(info, { ...call, kind: "Unreachable", retry: "later", state });
    }
    // Bytes are written again by the retry layer, a stream cannot be.
    const attempts = isBytes ? 1 : ATTEMPTS_MAX;
    await putContent(context, call, { cid, ifAbsent: write.ifAbsent ?? false, attempts });
    return { path: call.path, kind: "file", size: bytes, etag: cid };
  } finally {
    body.end();
  }
}

async function addContent(
  context: IpfsContext,
  call: PathCall,
  source: { readonly body: Body; readonly size: number | undefined },
): Promise<{ readonly cid: string; readonly bytes: number }> {
  const body = watchedBody(source.body);
  try {
    const answer = await send(context, call, {
      name: "add",
      options: { pin: "false", "cid-version": "1", "raw-leaves": "true", progress: "false" },
      ...multipartBody(body, source.size),
    });
    const text = await answerText(context.info, call, { answer, bytesMax: TEXT_BYTES_MAX });
    throwStreamError(context, call, answer);
    const { Hash: cid } = asRecord(parseJson(text));
    if (typeof cid === "string" && /^[0-9A-Za-z]+$/.test(cid)) return { cid, bytes: body.bytes };
  } catch (error) {
    throw body.explain(error);
  }
  const state = "the node does not say what it added";
  throw storeError(context.info, { ...call, kind: "Unexpected", state });
}
