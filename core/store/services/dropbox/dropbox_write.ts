import type { ByteStream } from "../../../bytes/byte_stream.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, type JsonRecord } from "../../http/http_json.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { Capabilities, ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { contentHash } from "./content_hash.ts";
import { bringBackDropbox } from "./dropbox_aside.ts";
import { type DropboxContext, sendContent } from "./dropbox_context.ts";
import { placeOf } from "./dropbox_names.ts";
import { onceOnly, refusalOf } from "./dropbox_refusal.ts";
import { removeRevision } from "./dropbox_remove.ts";
import { uploadInSession } from "./dropbox_session.ts";
import { metaOf } from "./dropbox_stat.ts";

/** Writes an object: up to one part in one request, a longer one in an upload session, which is visible when it is finished only. Every request
 *  carries the hash of its bytes, which Dropbox checks; that of the whole object is compared with the one that Dropbox computed. */
export async function writeObject(
  context: DropboxContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream; readonly capabilities: Capabilities },
): Promise<ObjectMeta> {
  const { info, partBytes } = context;
  const { body, capabilities, ifAbsent = false, signal } = write;
  const place = placeOf(info, { operation: "write", path: at });
  const call = { operation: "write", path: place.path, signal };
  refuseUndeclared({ info, capabilities }, { ...write, operation: "write", path: place.path });
  const taken = takeParts(body, { info, ...call, size: write.size });
  const { source, attempts } = taken;
  // Without strictness an object of the same content would be no conflict.
  const mode = ifAbsent ? { mode: "add", strict_conflict: true } : { mode: "overwrite" };
  const commit = { path: place.name, ...mode, autorename: false, mute: true };
  try {
    // An object that a crash has left aside is there.
    if (ifAbsent) await bringBackDropbox(context, call, place);
    const first = (await source.next(partBytes)) ?? new Uint8Array(0);
    const second = await source.next(partBytes);
    if (second !== undefined) {
      const found = await uploadInSession(context, call, { first, second, source, commit, ifAbsent });
      return await checked(context, call, found);
    }
    const hash = contentHash();
    const argument = { ...commit, content_hash: hash.add(first) };
    const found = await retryHeld({ attempts, signal }, async () => {
      try {
        const answer = await sendContent(context, call, { route: "files/upload", argument, bytes: first });
        return await answerJson(info, call, { answer });
      } catch (error) {
        throw ifAbsent && !(body instanceof Uint8Array) ? onceOnly(error) : error;
      }
    });
    return await checked(context, call, { found, bytes: first.length, hash: hash.end() });
  } catch (error) {
    // Where an object may be replaced, another one is in the way only while others write it, too.
    if (ifAbsent || refusalOf(error, /(^|\/)conflict\/file$/) === undefined) throw error;
    const state = "others write the same object";
    throw storeError(info, {
      kind: "Throttled",
      operation: "write",
      path: place.path,
      state,
      retry: "later",
    });
  } finally {
    taken.end();
  }
}

/** The metadata of a new object, when it is what was sent; otherwise it is removed again. */
async function checked(
  context: DropboxContext,
  call: HttpCall & { readonly path: string },
  sent: { readonly found: JsonRecord; readonly bytes: number; readonly hash: string },
): Promise<ObjectMeta> {
  const meta = metaOf(context, call, { path: call.path, found: sent.found });
  if (meta.size === sent.bytes && sent.found["content_hash"] === sent.hash) return meta;
  const place = placeOf(context.info, call);
  await removeRevision(context, call, { place, rev: meta.etag }).catch(() => {});
  const state = "Dropbox has stored other bytes than were sent";
  throw storeError(context.info, { ...call, kind: "Corrupt", retry: "later", state });
}
