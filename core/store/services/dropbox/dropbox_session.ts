import { ATTEMPTS_MAX } from "../../../limits.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, type JsonRecord } from "../../http/http_json.ts";
import { storeError } from "../../store_error.ts";
import type { PartSource } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { contentHash } from "./content_hash.ts";
import { callRoute, type DropboxContext, sendContent } from "./dropbox_context.ts";
import { onceOnly, refusalOf } from "./dropbox_refusal.ts";

/** What has arrived. */
export interface Uploaded {
  /** The metadata of the new object. */
  readonly found: JsonRecord;
  readonly bytes: number;
  readonly hash: string;
}

/** Uploads parts one after the other in a session, and makes them an object. A session that is not finished shows nowhere, and ends by itself
 *  after 7 days. Parts whose answers are lost are asked for and go on where they are.
 *  Source: https://www.dropbox.com/developers/documentation/http/documentation#files-upload_session-start */
export async function uploadInSession(
  context: DropboxContext,
  call: HttpCall,
  upload: {
    readonly first: Uint8Array;
    readonly second: Uint8Array;
    readonly source: PartSource;
    readonly commit: JsonRecord & { readonly path: string };
    readonly ifAbsent: boolean;
  },
): Promise<Uploaded> {
  const { first, second, source, commit, ifAbsent } = upload;
  const { partBytes } = context;
  const retried = { attempts: ATTEMPTS_MAX, signal: call.signal };
  const hash = contentHash();
  const firstHash = hash.add(first);
  // A session whose beginning is not heard of is nobody's; it ends by itself.
  const session = await retryHeld(retried, () => beginSession(context, call, first, firstHash));
  let bytes = first.length;
  source.recycle(first);
  for (let part: Uint8Array | undefined = second; part !== undefined; ) {
    const sent: Uint8Array = part;
    const partHash = hash.add(sent);
    const offset = bytes;
    await retryHeld(retried, (attempt) =>
      appendPart(context, call, { session, offset, part: sent, partHash, attempt }),
    );
    bytes += sent.length;
    source.recycle(sent);
    part = await source.next(partBytes);
  }
  const whole = hash.end();
  const found = await retryHeld(retried, async (attempt) => {
    try {
      const answer = await sendContent(context, call, {
        route: "files/upload_session/finish",
        argument: { cursor: { session_id: session, offset: bytes }, commit },
        bytes: new Uint8Array(0),
      });
      return await answerJson(context.info, call, { answer });
    } catch (error) {
      if (ifAbsent) throw onceOnly(error);
      if (attempt === 1 || refusalOf(error, /^lookup_failed/) === undefined) throw error;
      const there = await callRoute(context, call, {
        route: "files/get_metadata",
        argument: { path: commit.path },
      });
      if (there["content_hash"] !== whole || there["size"] !== bytes) throw error;
      return there;
    }
  });
  return { found, bytes, hash: whole };
}

async function beginSession(
  context: DropboxContext,
  call: HttpCall,
  part: Uint8Array,
  partHash: string,
): Promise<string> {
  const answer = await sendContent(context, call, {
    route: "files/upload_session/start",
    argument: { close: false, content_hash: partHash },
    bytes: part,
  });
  const { session_id: session } = await answerJson(context.info, call, { answer });
  if (typeof session === "string" && session !== "") return session;
  throw storeError(context.info, {
    ...call,
    kind: "Unexpected",
    state: "the service gave no upload session",
  });
}

async function appendPart(
  context: DropboxContext,
  call: HttpCall,
  sent: {
    readonly session: string;
    readonly offset: number;
    readonly part: Uint8Array;
    readonly partHash: string;
    readonly attempt: number;
  },
): Promise<void> {
  const { session, offset, part, partHash, attempt } = sent;
  try {
    const answer = await sendContent(context, call, {
      route: "files/upload_session/append_v2",
      argument: { cursor: { session_id: session, offset }, close: false, content_hash: partHash },
      bytes: part,
    });
    discard(answer);
  } catch (error) {
    const refusal = refusalOf(error, /^(lookup_failed\/)?incorrect_offset$/);
    // The part has arrived before, and only the answer did not.
    if (attempt > 1 && refusal?.correctOffset === offset + part.length) return;
    throw error;
  }
}
