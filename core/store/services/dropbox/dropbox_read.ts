import { httpGet } from "../../http/http_get.ts";
import { parseJson } from "../../http/http_json.ts";
import { emptyStream } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { lookForDropbox } from "./dropbox_aside.ts";
import { type DropboxContext, openContent } from "./dropbox_context.ts";
import { placeOf } from "./dropbox_names.ts";
import { statObject } from "./dropbox_stat.ts";

/** The bytes of an object or of a range of it, of one revision. */
export async function readObject(
  context: DropboxContext,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset, length, ifMatch, signal } = options;
  const place = placeOf(context.info, { operation: "read", path: at });
  const call = { operation: "read", path: place.path, signal };
  if (length === 0) {
    const { etag } = await lookForDropbox(context, call, {
      place,
      look: () => statObject(context, call, place),
    });
    if (ifMatch === undefined || etag === ifMatch) return emptyStream(etag);
    const state = "the object is not the one that was expected";
    throw storeError(context.info, {
      kind: "ConditionFailed",
      operation: "read",
      path: place.path,
      state,
    });
  }
  const get = () =>
    httpGet(context.info, call, {
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      async send(headers) {
        const answer = await openContent(context, call, {
          route: "files/download",
          argument: { path: place.name },
          headers,
        });
        // The revision is the tag that all other routes give.
        const rev = parseJson(answer.headers["dropbox-api-result"] ?? "")?.["rev"];
        const { etag: _, ...others } = answer.headers;
        return { ...answer, headers: typeof rev === "string" ? { ...others, etag: rev } : others };
      },
    });
  return await lookForDropbox(context, call, { place, look: get });
}
