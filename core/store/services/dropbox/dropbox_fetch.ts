import type { HttpCall } from "../../http/http_error.ts";
import { asRecord, type JsonRecord } from "../../http/http_json.ts";
import { openUrl, parseUrl } from "../../http/open_url.ts";
import { pause } from "../../layers/pause.ts";
import type { FetchOptions, ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { moveOver } from "./dropbox_aside.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { type Place, placeOf, temporaryPlace } from "./dropbox_names.ts";
import { refusalMeaning, walk } from "./dropbox_refusal.ts";
import { removeQuietly } from "./dropbox_remove.ts";
import { statObject } from "./dropbox_stat.ts";

const FIRST_POLL_MS = 250;
const POLL_MS_MAX = 5000;

/** Lets Dropbox fetch a URL into an object: beside it first, because it would not replace one. A job cannot be cancelled: one that nobody waits for
 *  any more may leave `.jcs-….tmp` beside the object. Dropbox gives it 15 minutes. Of a URL that it cannot fetch it does not say why: so it is asked
 *  from here, too, once. */
export async function fetchObject(
  context: DropboxContext,
  at: string,
  { url, signal, onProgress }: FetchOptions & { readonly url: string },
): Promise<ObjectMeta> {
  const { info } = context;
  const target = placeOf(info, { operation: "fetch", path: at });
  const call = { operation: "fetch", path: target.path, signal };
  const address = parseUrl(info, call, url);
  const fetched = temporaryPlace(target);
  try {
    const error = await saveUrl(context, call, { url: address, place: fetched, onProgress });
    if (error !== undefined) {
      if (walk(error).tags === "download_failed") await lookAt(context, call, address);
      const { kind, retry = "never", state = "the job has failed" } = refusalMeaning(error);
      throw storeError(info, { operation: "fetch", path: target.path, kind, retry, state });
    }
    await moveOver(context, call, { source: fetched, target });
  } catch (error) {
    await removeQuietly(context, "fetch", fetched);
    throw error;
  }
  const meta = await statObject(context, call, target);
  onProgress?.(meta.size ?? 0);
  return meta;
}

/** Resolves to what Dropbox says when the job has failed. */
async function saveUrl(
  context: DropboxContext,
  call: HttpCall,
  job: { readonly url: URL; readonly place: Place; readonly onProgress: FetchOptions["onProgress"] },
): Promise<JsonRecord | undefined> {
  const { info } = context;
  const { signal, ...where } = call;
  let result = await callRoute(context, call, {
    route: "files/save_url",
    argument: { path: job.place.name, url: job.url.href },
  });
  const id = result["async_job_id"];
  for (let delayMs = FIRST_POLL_MS; ; delayMs = Math.min(delayMs * 2, POLL_MS_MAX)) {
    const tag = result[".tag"];
    if (tag === "complete") return undefined;
    if (tag === "failed") return asRecord(result["failed"]);
    if (typeof id !== "string" || (tag !== "async_job_id" && tag !== "in_progress")) {
      const state = "the answer does not say how the job is going";
      throw storeError(info, { ...where, kind: "Unexpected", state });
    }
    // It is at work, although nobody says how far it is.
    job.onProgress?.(0);
    const error = () => storeError(info, { ...where, kind: "Cancelled", state: "cancelled" });
    await pause(delayMs, { signal, error });
    result = await callRoute(context, call, {
      route: "files/save_url/check_job_status",
      argument: { async_job_id: id },
    });
  }
}

/** Throws what the server of a URL refuses. */
async function lookAt(context: DropboxContext, call: HttpCall, url: URL): Promise<void> {
  const { stream } = await openUrl(context.info, call, {
    url,
    network: { proxyOf: context.network.proxyOf },
  });
  await stream[Symbol.asyncIterator]().return?.();
}
