import { cancelStream } from "../../bytes/cancel_stream.ts";
import { normalizePath } from "../normalize_path.ts";
import { objectStream } from "../object_stream.ts";
import type { FetchOptions, ObjectMeta, Store } from "../store.ts";
import type { Network } from "./network.ts";
import { openUrl, parseUrl } from "./open_url.ts";

/** Fetches a URL into an object through this process, for a store whose service cannot do it, or is this process: see {@link Store.fetch}. The bytes pass as
 *  they come, and the object is complete or as it was, as with any write. The content type comes along where the store keeps it. */
export async function fetchThrough(
  store: Pick<Store, "info" | "capabilities" | "write">,
  path: string,
  source: FetchOptions & {
    readonly url: string;
    readonly idleMs?: number;
    readonly network?: Network | undefined;
  },
): Promise<ObjectMeta> {
  const { signal, onProgress, idleMs, network } = source;
  const call = { operation: "fetch", path: normalizePath(path, store.info.workDirectory), signal };
  const url = parseUrl(store.info, call, source.url);
  const opened = await openUrl(store.info, call, {
    url,
    network,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  const { "content-length": length, "content-type": contentType } = opened.headers;
  const iterator = opened.stream[Symbol.asyncIterator]();
  const body = objectStream({
    async pull() {
      const result = await iterator.next();
      if (result.done === true) return undefined;
      onProgress?.(result.value.length);
      return result.value;
    },
    close: async () => void (await iterator.return?.()),
  });
  try {
    return await store.write(path, body, {
      ...(signal === undefined ? {} : { signal }),
      ...(length === undefined ? {} : { size: Number(length) }),
      ...(contentType === undefined || !store.capabilities.contentType ? {} : { contentType }),
    });
  } finally {
    await cancelStream(body);
  }
}
