import { passList } from "../listing.ts";
import { normalizePath, normalizePrefix } from "../normalize_path.ts";
import type { Store } from "../store.ts";
import { beforeBody } from "./before_body.ts";

/** `inner` that is only asked for paths in their one spelling that `check` accepts. `check` throws for what is refused; a body that comes with it is let go. */
export function checkPaths(inner: Store, check: (operation: string, path: string) => void): Store {
  const { workDirectory } = inner.info;
  const at = (operation: string, given: string): string => {
    const path = normalizePath(given, workDirectory);
    check(operation, path);
    return path;
  };
  const { append, writeAt, copy, move, link, fetch, multipart, makeDirectory, sign, signMultipart } = inner;
  return {
    ...inner,
    stat: async (path, options) => await inner.stat(at("stat", path), options),
    read: async (path, options) => await inner.read(at("read", path), options),
    write: async (path, body, options) =>
      await inner.write(await beforeBody(body, () => at("write", path)), body, options),
    remove: async (path, options) => await inner.remove(at("remove", path), options),
    list: (prefix, options) =>
      passList(() => {
        const directory = normalizePrefix(prefix, workDirectory);
        return { inner: inner.list(directory === "" ? "" : at("list", directory), options) };
      }),
    ...(append && {
      append: async (path, body, options) =>
        await append.call(inner, await beforeBody(body, () => at("append", path)), body, options),
    }),
    ...(writeAt && {
      writeAt: async (path, offset, bytes, options) =>
        await writeAt.call(inner, at("writeAt", path), offset, bytes, options),
    }),
    ...(copy && {
      copy: async (source, target, options) =>
        await copy.call(inner, at("copy", source), at("copy", target), options),
    }),
    ...(move && {
      move: async (source, target, options) =>
        await move.call(inner, at("move", source), at("move", target), options),
    }),
    ...(link && {
      link: async (path, target, options) =>
        await link.call(inner, at("link", path), at("link", target), options),
    }),
    ...(fetch && {
      fetch: async (path, url, options) => await fetch.call(inner, at("fetch", path), url, options),
    }),
    ...(multipart && {
      multipart: async (path, options) => await multipart.call(inner, at("write", path), options),
    }),
    ...(makeDirectory && {
      makeDirectory: async (path, options) =>
        await makeDirectory.call(inner, at("makeDirectory", path), options),
    }),
    ...(sign && {
      sign: async (operation, path, options) => await sign.call(inner, operation, at("sign", path), options),
    }),
    ...(signMultipart && {
      signMultipart: async (path, step, options) =>
        await signMultipart.call(inner, at("sign", path), step, options),
    }),
  };
}
