import { randomBytes } from "node:crypto";
import { ATTEMPTS_MAX } from "../../limits.ts";
import { discard, type HttpAnswer } from "../http/http_client.ts";
import type { HttpCall } from "../http/http_error.ts";
import { storeError } from "../store_error.ts";
import type { PartSource } from "../upload/part_source.ts";
import { retryHeld } from "../upload/retry_held.ts";
import { type GoogleClient, type GoogleRequest, googleRequest } from "./google_request.ts";

/** Parts of an upload but the last are multiples of this. */
export const PART_UNIT_BYTES = 256 * 1024;

const ABANDON_TIMEOUT_MS = 15_000;

/** Sends an object part by part in a session of its own, and resolves to the answer with the object, its body unread.
 *
 *  `first` and `next` are the parts that were taken from `source` already. `begin` is the request that begins the session. Memory: two parts.
 *  What fails leaves a session, which is ended, and which the service forgets within a week otherwise. A part whose request fails is sent again
 *  from where the service says that it has arrived. */
export async function uploadInParts(
  google: GoogleClient,
  call: HttpCall,
  upload: {
    readonly begin: GoogleRequest;
    readonly first: Uint8Array;
    readonly next: Uint8Array | undefined;
    readonly source: PartSource;
    readonly partBytes: number;
  },
): Promise<HttpAnswer> {
  const session = await beginSession(google, call, upload.begin);
  try {
    let part = upload.first;
    let next = upload.next;
    for (let start = 0; ; ) {
      const end = start + part.length;
      const total = next === undefined ? end : undefined;
      const answer = await sendPart(google, call, { session, start, bytes: part, total });
      if (next === undefined) {
        if (answer === undefined)
          throw unexpected(google, call, "the service has all bytes and made no object");
        return answer;
      }
      upload.source.recycle(part);
      start = end;
      part = next;
      next = await upload.source.next(upload.partBytes);
    }
  } catch (error) {
    await abandonSession(google, call, session);
    throw error;
  }
}

/** The request that sends a description and the bytes together. */
export function uploadAtOnce(
  request: Pick<GoogleRequest, "method" | "path" | "query">,
  object: { readonly resource: Readonly<Record<string, unknown>>; readonly bytes: Uint8Array },
): GoogleRequest {
  const boundary = `jcs-${randomBytes(16).toString("hex")}`;
  const head = `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(object.resource)}\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    ...request,
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), object.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** Begins an upload that goes part by part. The session is the path of requests to it, and as good as a key for a week: it stays in this process. */
async function beginSession(google: GoogleClient, call: HttpCall, begin: GoogleRequest): Promise<string> {
  const answer = await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, () =>
    googleRequest(google, call, begin),
  );
  discard(answer);
  const location = URL.parse(answer.headers["location"] ?? "");
  const own = URL.parse(google.client.endpoint.url);
  if (location !== null && location.origin === own?.origin) return location.pathname + location.search;
  // Requests to it carry the token: nobody else may have it.
  throw unexpected(
    google,
    call,
    location === null ? "the service began no upload" : "the service sends the upload to another server",
  );
}

/** Sends one part, again from where the service has got to when a request fails. `total` is the length of the object, known with the last part only.
 *  Resolves to the answer with the object when that was it, its body unread. */
async function sendPart(
  google: GoogleClient,
  call: HttpCall,
  part: {
    readonly session: string;
    readonly start: number;
    readonly bytes: Uint8Array;
    readonly total: number | undefined;
  },
): Promise<HttpAnswer | undefined> {
  const { session, start, bytes, total } = part;
  const end = start + bytes.length;
  const put = (range: string, body: Uint8Array | undefined) =>
    googleRequest(google, call, {
      method: "PUT",
      path: session,
      headers: { "content-range": `bytes ${range}/${total ?? "*"}` },
      ...(body === undefined ? {} : { body }),
      accept: [308],
    });
  let arrived = start;
  return await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, async (attempt) => {
    let ask = attempt > 1;
    for (;;) {
      const answer = ask
        ? await put("*", undefined)
        : await put(`${arrived}-${end - 1}`, bytes.subarray(arrived - start));
      if (answer.status !== 308) return answer;
      discard(answer);
      const before = arrived;
      const last = /^bytes=0-(\d+)$/.exec(answer.headers["range"] ?? "")?.[1];
      arrived = last === undefined ? 0 : Number(last) + 1;
      if (arrived >= end && total === undefined) return undefined;
      if (arrived < start || arrived > end || (!ask && arrived === before)) {
        const state = "the service has lost bytes of the upload";
        throw storeError(google.info, { ...call, kind: "Unreachable", state });
      }
      ask = false;
    }
  });
}

/** Ends an upload, also when the caller has cancelled. What cannot be ended the service forgets within a week. */
async function abandonSession(google: GoogleClient, call: HttpCall, session: string): Promise<void> {
  const place = { operation: call.operation, signal: AbortSignal.timeout(ABANDON_TIMEOUT_MS) };
  // 499 is what the service answers to this.
  const ending = googleRequest(google, place, { method: "DELETE", path: session, accept: [404, 410, 499] });
  await ending.then(discard, () => {});
}

function unexpected(google: GoogleClient, call: HttpCall, state: string): Error {
  return storeError(google.info, { ...call, kind: "Unexpected", state });
}
