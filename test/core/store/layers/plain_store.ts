import { memory } from "../../../../core/store/services/memory.ts";
import type { ObjectMeta, Store } from "../../../../core/store/store.ts";

/** A store in memory that lacks what virtual features add: links, metadata, content types; with `untagged` also tags, and all its objects have the same time, so that
 *  versions of one size cannot be told apart. */
export async function plainStore(options: { readonly untagged?: boolean } = {}): Promise<Store> {
  const inner = await memory.open(
    { service: "memory", name: `plain-${Math.random()}`, workDirectory: "/", options: new Map() },
    { environment: {} },
  );
  const shown = ({ path, kind, size = 0, etag = "" }: ObjectMeta): ObjectMeta =>
    options.untagged ? { path, kind, size, modifiedAt: new Date(0) } : { path, kind, size, etag };
  const capabilities = { ...inner.capabilities, link: false, userMetadata: false, contentType: false };
  const { link: _, append, fetch, multipart, ...rest } = inner;
  return {
    ...rest,
    native: capabilities,
    capabilities,
    stat: async (path, call) => shown(await inner.stat(path, call)),
    write: async (path, body, call) => shown(await inner.write(path, body, call)),
    ...(append && { append: async (path, body, call) => shown(await append(path, body, call)) }),
    ...(fetch && { fetch: async (path, url, call) => shown(await fetch(path, url, call)) }),
    ...(multipart && {
      async multipart(path, call) {
        const upload = await multipart(path, call);
        return { ...upload, complete: async (parts, then) => shown(await upload.complete(parts, then)) };
      },
    }),
    async *list(prefix, call) {
      for await (const entry of inner.list(prefix, call)) {
        yield entry.kind === "directory" ? entry : shown(entry);
      }
    },
  };
}
