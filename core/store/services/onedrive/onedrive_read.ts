import { isKind } from "../../../errors.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { httpGet } from "../../http/http_get.ts";
import { emptyStream } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { requireFile } from "./onedrive_aside.ts";
import { type Call, fault, type OnedriveContext, requestElsewhere } from "./onedrive_context.ts";
import { type DriveItem, findItem } from "./onedrive_items.ts";

const REDIRECTS_MAX = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** The bytes of an object or of a range of it, from the address that the service gives for them: on another server, good without a token, and only for a
 *  short time, so that it is asked for anew when it is refused.
 *
 *  That address gives whatever the object holds by then. Hence with `ifMatch` the version is looked at again when the bytes begin to come.
 *  Source: Microsoft Graph, "Download driveItem content". */
export async function readObject(
  context: OnedriveContext,
  call: Call,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length } = options;
  for (let attempt = 1; ; attempt++) {
    const item = await requireFile(context, call, { download: true });
    const { size = Number.POSITIVE_INFINITY, etag } = item.meta;
    requireVersion(context, call, { item, ifMatch: options.ifMatch });
    if (length === 0 || offset >= size) return emptyStream(etag);
    let stream: ObjectStream;
    try {
      stream = await httpGet(context.info, call, {
        ...options,
        send: (headers) => getElsewhere(context, call, { headers, item }),
      });
    } catch (error) {
      if (attempt === 1 && isKind(error, "PermissionDenied", "NotFound")) continue;
      throw error;
    }
    if (options.ifMatch === undefined) return stream;
    try {
      requireVersion(context, call, { item: await findItem(context, call), ifMatch: options.ifMatch });
      return stream;
    } catch (error) {
      await stream[Symbol.asyncIterator]().return?.();
      throw error;
    }
  }
}

function requireVersion(
  context: OnedriveContext,
  call: Call,
  { item, ifMatch }: { readonly item: DriveItem | undefined; readonly ifMatch: string | undefined },
): void {
  if (ifMatch === undefined || item?.meta.etag === ifMatch) return;
  const state = "the object is not the one that was expected";
  throw fault(context, call, { kind: "ConditionFailed", state });
}

/** The answer's tag is that of the item, since servers of bytes have tags of their own. */
async function getElsewhere(
  context: OnedriveContext,
  call: Call,
  { headers, item }: { readonly headers: Readonly<Record<string, string>>; readonly item: DriveItem },
): Promise<HttpAnswer> {
  let url = item.downloadUrl;
  for (let redirects = 0; ; redirects++) {
    const accept = redirects < REDIRECTS_MAX ? [416, ...REDIRECTS] : [416];
    const answer = await requestElsewhere(context, call, { method: "GET", url, headers, accept });
    if (!REDIRECTS.includes(answer.status)) {
      const { etag: _, ...others } = answer.headers;
      return {
        ...answer,
        headers: { ...others, ...(item.meta.etag === undefined ? {} : { etag: item.meta.etag }) },
      };
    }
    discard(answer);
    url = URL.parse(answer.headers["location"] ?? "", String(url))?.href;
  }
}
