import { discard } from "../../http/http_client.ts";
import { pause } from "../../layers/pause.ts";
import type { CallOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type AzblobContext, addressOf, placeOf, request } from "./azblob_context.ts";
import { headBlob } from "./azblob_meta.ts";

const POLL_MS = 500;
const ABORT_TIMEOUT_MS = 15_000;

/** Copies inside the container. Metadata, content type and tier come along. Inside one account the service does so at once; should it take its
 *  time it is waited for, and ended when the caller cancels: the target is then empty. */
export async function copyBlob(
  context: AzblobContext,
  paths: { readonly source: string; readonly target: string },
  { signal }: CallOptions,
): Promise<void> {
  const { info } = context;
  const source = placeOf(context, { operation: "copy", path: paths.source });
  const target = placeOf(context, { operation: "copy", path: paths.target });
  const call = { operation: "copy", path: source.path, signal };
  const { etag } = await headBlob(context, call, source);
  if (source.blob === target.blob) return;
  const answer = await request(context, call, {
    method: "PUT",
    blob: target.blob,
    headers: {
      "x-ms-copy-source": addressOf(context, source.blob),
      ...(etag === undefined ? {} : { "x-ms-source-if-match": etag }),
    },
  });
  discard(answer);
  const id = answer.headers["x-ms-copy-id"] ?? "";
  let status = answer.headers["x-ms-copy-status"];
  try {
    while (status === "pending") {
      const cancelled = () =>
        storeError(info, { kind: "Cancelled", operation: "copy", path: source.path, state: "cancelled" });
      await pause(POLL_MS, { signal, error: cancelled });
      status = (await headBlob(context, call, target)).copyStatus;
    }
  } catch (error) {
    await request(
      context,
      { operation: "copy", path: target.path, signal: AbortSignal.timeout(ABORT_TIMEOUT_MS) },
      {
        method: "PUT",
        blob: target.blob,
        query: { comp: "copy", copyid: id },
        headers: { "x-ms-copy-action": "abort" },
      },
    ).then(discard, () => {});
    throw error;
  }
  if (status === undefined || status === "success") return;
  const state = `the service could not copy it (${/^\w{1,20}$/.test(status) ? status : "unknown state"})`;
  throw storeError(info, {
    kind: "Unreachable",
    retry: "later",
    operation: "copy",
    path: source.path,
    state,
  });
}
