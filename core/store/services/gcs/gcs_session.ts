import { ATTEMPTS_MAX } from "../../../limits.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type GcsContext, request, uploadPath } from "./gcs_context.ts";
import { FIELDS } from "./gcs_stat.ts";

const ABANDON_TIMEOUT_MS = 15_000;

/** Begins an upload that goes part by part. The session is the path of requests to it, and as good as a key for a week: it stays in this process. */
export async function beginSession(
  context: GcsContext,
  call: HttpCall,
  upload: {
    readonly name: string;
    readonly resource: Readonly<Record<string, unknown>>;
    readonly options: Pick<WriteOptions, "ifAbsent">;
  },
): Promise<string> {
  const { name, resource, options } = upload;
  const answer = await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, () =>
    request(context, call, {
      method: "POST",
      path: uploadPath(context),
      query: {
        uploadType: "resumable",
        name,
        fields: FIELDS,
        kmsKeyName: context.options.kms_key_name,
        ifGenerationMatch: options.ifAbsent === true ? "0" : undefined,
      },
      headers: { "content-type": "application/json; charset=UTF-8" },
      body: Buffer.from(JSON.stringify(resource)),
    }),
  );
  discard(answer);
  const location = URL.parse(answer.headers["location"] ?? "");
  const own = URL.parse(context.options.endpoint.url);
  if (location !== null && location.origin === own?.origin) return location.pathname + location.search;
  // Requests to it carry the token: nobody else may have it.
  const { signal: _, ...place } = call;
  const state =
    location === null ? "the service began no upload" : "the service sends the upload to another server";
  throw storeError(context.info, { ...place, kind: "Unexpected", state });
}

/** Sends one part, again from where the service has got to when a request fails. `total` is the length of the object, known with the last part only.
 *  Resolves to the answer with the object when that was it, its body unread. */
export async function sendPart(
  context: GcsContext,
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
    request(context, call, {
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
        const { signal: _, ...place } = call;
        const state = "the service has lost bytes of the upload";
        throw storeError(context.info, { ...place, kind: "Unreachable", state });
      }
      ask = false;
    }
  });
}

/** Ends an upload, also when the caller has cancelled. What cannot be ended the service forgets within a week. */
export async function abandonSession(context: GcsContext, call: HttpCall, session: string): Promise<void> {
  const place = { operation: call.operation, signal: AbortSignal.timeout(ABANDON_TIMEOUT_MS) };
  // 499 is what the service answers to this.
  const ending = request(context, place, { method: "DELETE", path: session, accept: [404, 410, 499] });
  await ending.then(discard, () => {});
}
