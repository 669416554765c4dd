import { isKind, JcsError } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import type { CallOptions, ObjectMeta, Store } from "../store.ts";
import { storeError } from "../store_error.ts";
import { beforeBody } from "./before_body.ts";
import { checkPaths } from "./check_paths.ts";
import { companions, onlySignal, unlessMissing } from "./companions.ts";

/** What the names of links end with on the service. */
export const LINK_SUFFIX = ".jcs-link";
const LINK_BYTES_MAX = 16 * 1024;
/** As many links as are followed on the way to one object. */
const LINKS_MAX = 40;

/** Links for a service that has none: the link `a` is the object `a.jcs-link`, which holds `{"jcs":"link","target":"…"}`. `stat` and `list` show it as a link named
 *  `a`; read, append, writeAt and copy follow it, up to {@link LINKS_MAX} links one after the other. No name of the user may end with
 *  {@link LINK_SUFFIX}. Changes nothing where the service has links.
 *
 *  Where there are both an object and a link of one name the object counts: so a write is complete with its object, and the link that it replaces goes
 *  afterwards. Costs one request more for what is not found, and for each write and remove. */
export function virtualLinks(): Layer {
  return (inner) => {
    if (inner.link !== undefined || inner.capabilities.readOnly === true) return inner;
    const links = companions(inner, { suffix: LINK_SUFFIX, format: "link", bytesMax: LINK_BYTES_MAX });

    const targetOf = async (path: string, options: CallOptions): Promise<string | undefined> => {
      const target = (await links.read(path, options))?.["target"];
      return typeof target === "string" ? target : undefined;
    };
    /** Does `work` with `path`, or with what its links lead to when nothing is found there. */
    const follow = async <T>(
      call: { readonly operation: string; readonly path: string; readonly options: CallOptions },
      work: (path: string) => Promise<T>,
    ): Promise<T> => {
      let at = call.path;
      for (let followed = 0; ; followed++) {
        try {
          return await work(at);
        } catch (error) {
          if (!isKind(error, "NotFound")) throw error;
          const target = await targetOf(at, call.options);
          if (target === undefined) throw error;
          if (followed === LINKS_MAX) {
            const { operation, path } = call;
            const state = "too many links on the way";
            throw storeError(inner.info, { kind: "PermissionDenied", operation, path, state });
          }
          // Whatever the object says, it leads nowhere that the user could not name.
          links.check(call.operation, target);
          at = target;
        }
      }
    };
    /** The object that a change of `path` is for: what its links lead to, or itself when nothing is there. */
    const endOf = async (operation: string, path: string, options: CallOptions): Promise<string> => {
      try {
        return (await follow({ operation, path, options }, (at) => inner.stat(at, options))).path;
      } catch (error) {
        if (isKind(error, "NotFound") && (await targetOf(path, options)) === undefined) return path;
        throw error;
      }
    };
    /** Takes away the link that an object has replaced. The object counts already, and whoever writes or removes it next tries again. */
    const dropLink = async (path: string, options: CallOptions): Promise<void> => {
      await links.remove(path, options).catch((error: unknown) => {
        if (!(error instanceof JcsError)) throw error;
      });
    };
    const requireNoLink = async (operation: string, path: string, options: CallOptions): Promise<void> => {
      if ((await targetOf(path, options)) === undefined) return;
      const state = "there is a link already";
      throw storeError(inner.info, { kind: "AlreadyExists", operation, path, state });
    };
    const stat = async (path: string, options: CallOptions = {}): Promise<ObjectMeta> => {
      try {
        return await inner.stat(path, options);
      } catch (error) {
        if (!isKind(error, "NotFound")) throw error;
        const linkTarget = await targetOf(path, options);
        if (linkTarget === undefined) throw error;
        const { modifiedAt } = await inner.stat(links.of(path), options);
        return { path, kind: "link", linkTarget, ...(modifiedAt === undefined ? {} : { modifiedAt }) };
      }
    };
    const { append, writeAt, copy, move, fetch, multipart, makeDirectory, sign } = inner;
    const store: Store = {
      ...inner,
      capabilities: { ...inner.capabilities, ...links.limits, link: true, listSorted: false },
      stat,
      read: (path, options = {}) =>
        follow({ operation: "read", path, options }, (at) => inner.read(at, options)),
      async write(path, body, options = {}) {
        if (options.ifAbsent === true) {
          await beforeBody(body, () => requireNoLink("write", path, options));
        }
        const meta = await inner.write(path, body, options);
        await dropLink(path, options);
        return meta;
      },
      async remove(path, options = {}) {
        await links.remove(path, options);
        await inner.remove(path, options);
      },
      async *list(prefix, options) {
        for await (const entry of inner.list(prefix, options)) {
          const path = links.ownerOf(entry);
          const { modifiedAt } = entry;
          if (path === undefined) yield entry;
          else yield { path, kind: "link", ...(modifiedAt === undefined ? {} : { modifiedAt }) };
        }
      },
      async link(path, target, options = {}) {
        const found = await unlessMissing(stat(path, options));
        if (found !== undefined && found.kind !== "link") {
          const state = "there is an object already";
          throw storeError(inner.info, { kind: "AlreadyExists", operation: "link", path, state });
        }
        await links.write(path, { target }, options);
      },
      ...(append && {
        async append(path, body, options = {}) {
          const end = await beforeBody(body, () => endOf("append", path, onlySignal(options)));
          return await append.call(inner, end, body, options);
        },
      }),
      ...(writeAt && {
        writeAt: (path, offset, bytes, options = {}) =>
          follow({ operation: "writeAt", path, options }, (at) =>
            writeAt.call(inner, at, offset, bytes, options),
          ),
      }),
      ...(copy && {
        async copy(source, target, options = {}) {
          await follow({ operation: "copy", path: source, options }, (at) =>
            copy.call(inner, at, target, options),
          );
          await dropLink(target, options);
        },
      }),
      ...(move && {
        async move(source, target, options = {}) {
          try {
            await move.call(inner, source, target, options);
            if (source !== target) await dropLink(target, options);
          } catch (error) {
            if (!isKind(error, "NotFound")) throw error;
            const leadsTo = await targetOf(source, options);
            if (leadsTo === undefined) throw error;
            if (source === target) return;
            await links.write(target, { target: leadsTo }, options);
            try {
              await inner.remove(target, options);
            } catch (failure) {
              await dropLink(target, options);
              throw failure;
            }
            await links.remove(source, options);
          }
        },
      }),
      ...(fetch && {
        async fetch(path, url, options = {}) {
          const meta = await fetch.call(inner, path, url, options);
          await dropLink(path, options);
          return meta;
        },
      }),
      ...(multipart && {
        async multipart(path, options = {}) {
          if (options.ifAbsent === true) await requireNoLink("write", path, options);
          const upload = await multipart.call(inner, path, options);
          return {
            ...upload,
            async complete(parts, call = {}) {
              const meta = await upload.complete(parts, call);
              await dropLink(path, call);
              return meta;
            },
          };
        },
      }),
      ...(makeDirectory && {
        async makeDirectory(path, options = {}) {
          await requireNoLink("makeDirectory", path, options);
          await makeDirectory.call(inner, path, options);
        },
      }),
      ...(sign && {
        async sign(operation, path, options) {
          if (operation === "write") return await sign.call(inner, operation, path, options);
          if (operation === "read") {
            return await sign.call(inner, operation, await endOf("sign", path, {}), options);
          }
          const found = await unlessMissing(stat(path));
          const at = found?.kind === "link" ? links.of(path) : path;
          return await sign.call(inner, operation, at, options);
        },
      }),
    };
    return checkPaths(store, links.check);
  };
}
