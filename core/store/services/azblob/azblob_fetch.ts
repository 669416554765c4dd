import { isKind } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { openUrl, parseUrl } from "../../http/open_url.ts";
import type { FetchOptions, ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { eachPart } from "../../upload/each_part.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type AzblobContext, type Place, placeOf, request } from "./azblob_context.ts";
import { headBlob, newObjectHeaders } from "./azblob_meta.ts";
import { BLOCKS_MAX, beginUpload, blockId, commitBlocks } from "./azblob_upload.ts";

const URL_CHARACTERS_MAX = 2048;

/** Lets the service fetch a URL: up to `multipart_threshold` in one request, a larger one in blocks, several at the same time. Its length is asked for here;
 *  where the server of the URL does not tell it, or nothing of it can be reached from here, it is one request, which takes up to 5,000 MiB.
 *
 *  A URL whose content changes while its blocks are fetched is `ConditionFailed`, as far as its server gives tags.
 *  Source: Azure documentation, "Put Blob From URL" and "Put Block From URL". */
export async function fetchBlob(
  context: AzblobContext,
  at: string,
  { url: text, signal, onProgress }: FetchOptions & { readonly url: string },
): Promise<ObjectMeta> {
  const place = placeOf(context, { operation: "fetch", path: at });
  const call = { operation: "fetch", path: place.path, signal };
  const url = parseUrl(context.info, call, text);
  url.hash = "";
  const refuse = (kind: "Unsupported" | "ConditionFailed", state: string) =>
    storeError(context.info, { kind, operation: "fetch", path: place.path, state });
  if (url.username !== "" || url.password !== "") {
    throw refuse("Unsupported", "the service fetches no URL with user and password");
  }
  if (url.href.length > URL_CHARACTERS_MAX) {
    throw refuse("Unsupported", `the service fetches no URL of more than ${URL_CHARACTERS_MAX} characters`);
  }
  const source = await lookAt(context, call, url);
  if (source.size === undefined || source.size <= context.options.multipart_threshold) {
    const meta = await fetchAtOnce(context, place, { url, call });
    onProgress?.(meta.size ?? 0);
    return meta;
  }
  const { size, contentType } = source;
  const partBytes = Math.max(context.options.part_size, Math.ceil(size / BLOCKS_MAX));
  const upload = await beginUpload(context, place, {
    operation: "fetch",
    ...(signal === undefined ? {} : { signal }),
    ...(contentType === undefined ? {} : { contentType }),
  });
  const count = Math.ceil(size / partBytes);
  const concurrency = context.options.part_concurrency;
  const parts = await eachPart({ count, concurrency, signal }, async (number, partSignal) => {
    const start = (number - 1) * partBytes;
    const end = Math.min(start + partBytes, size);
    const etag = blockId(upload.id, number);
    const answer = await retryHeld({ attempts: ATTEMPTS_MAX, signal: partSignal }, () =>
      request(
        context,
        { ...call, signal: partSignal },
        {
          method: "PUT",
          blob: place.blob,
          query: { blockid: etag, comp: "block" },
          headers: { "x-ms-copy-source": url.href, "x-ms-source-range": `bytes=${start}-${end - 1}` },
        },
      ),
    );
    discard(answer);
    onProgress?.(end - start);
    return { number, etag, size: end - start };
  });
  const now = await lookAt(context, call, url);
  if (now.size !== size || now.etag !== source.etag) {
    throw refuse("ConditionFailed", "the content of the URL changed while it was fetched");
  }
  return await retryHeld({ attempts: ATTEMPTS_MAX, signal }, (attempt) =>
    commitBlocks(upload, parts, { signal, again: attempt > 1 }),
  );
}

async function fetchAtOnce(
  context: AzblobContext,
  place: Place,
  { url, call }: { readonly url: URL; readonly call: HttpCall },
): Promise<ObjectMeta> {
  const answer = await request(context, call, {
    method: "PUT",
    blob: place.blob,
    headers: {
      ...newObjectHeaders(context, {}),
      "x-ms-blob-type": "BlockBlob",
      "x-ms-copy-source": url.href,
    },
  });
  discard(answer);
  const { blobType: _, copyStatus: __, ...meta } = await headBlob(context, call, place);
  return meta;
}

interface Source {
  /** Known only where the server gives ranges. */
  readonly size?: number;
  readonly etag?: string | undefined;
  readonly contentType?: string | undefined;
}

/** What the server of the URL says of it. The service may reach what this machine does not, so only what is sure to be missing is an error. */
async function lookAt(context: AzblobContext, call: HttpCall, url: URL): Promise<Source> {
  // The authorities of option ca are those of the service.
  const network = { proxyOf: context.network.proxyOf };
  try {
    const opened = await openUrl(context.info, call, { url, headers: { range: "bytes=0-0" }, network });
    await opened.stream[Symbol.asyncIterator]().return?.();
    const { etag, "content-range": range, "content-type": contentType } = opened.headers;
    const total = opened.status === 206 ? /^bytes 0-0\/(\d{1,15})$/.exec(range ?? "")?.[1] : undefined;
    return { ...(total === undefined ? {} : { size: Number(total) }), etag, contentType };
  } catch (error) {
    if (isKind(error, "NotFound", "Cancelled", "Usage")) throw error;
    return {};
  }
}
