import type { Store } from "../store.ts";

/** `inner`, whose changes make the cache forget what it keeps of an object: also those that fail, which may have been made. */
export function forgetChanges(
  inner: Store,
  cache: { readonly forget: (path: string) => Promise<void>; readonly keyOf: (path: string) => string },
): Store {
  const after = async <T>(paths: readonly string[], work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      for (const path of paths.flatMap(orNothing(cache.keyOf))) await cache.forget(path);
    }
  };
  const { append, writeAt, copy, move, link, fetch, multipart } = inner;
  return {
    ...inner,
    write: (path, body, options) => after([path], () => inner.write(path, body, options)),
    remove: (path, options) => after([path], () => inner.remove(path, options)),
    ...(append && {
      append: (path, body, options) => after([path], () => append.call(inner, path, body, options)),
    }),
    ...(writeAt && {
      writeAt: (path, offset, bytes, options) =>
        after([path], () => writeAt.call(inner, path, offset, bytes, options)),
    }),
    ...(copy && {
      copy: (source, target, options) => after([target], () => copy.call(inner, source, target, options)),
    }),
    ...(move && {
      move: (source, target, options) =>
        after([source, target], () => move.call(inner, source, target, options)),
    }),
    ...(link && {
      link: (path, target, options) => after([path], () => link.call(inner, path, target, options)),
    }),
    ...(fetch && {
      fetch: (path, url, options) => after([path], () => fetch.call(inner, path, url, options)),
    }),
    ...(multipart && {
      async multipart(path, options) {
        const upload = await multipart.call(inner, path, options);
        return {
          ...upload,
          complete: (parts, call) => after([path], () => upload.complete(parts, call)),
        };
      },
    }),
  };
}

/** What is no path is none of the cache's: the store says so. */
function orNothing(keyOf: (path: string) => string): (path: string) => readonly string[] {
  return (path) => {
    try {
      return [keyOf(path)];
    } catch {
      return [];
    }
  };
}
