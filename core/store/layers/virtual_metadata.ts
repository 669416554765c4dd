import type { Layer } from "../layer.ts";
import type { CallOptions, ObjectMeta, Store, WriteOptions } from "../store.ts";
import { storeError } from "../store_error.ts";
import { beforeBody } from "./before_body.ts";
import { checkPaths } from "./check_paths.ts";
import { companions, onlySignal, unlessMissing } from "./companions.ts";

/** What the names of objects end with that hold metadata. */
export const METADATA_SUFFIX = ".jcs-metadata";
const METADATA_BYTES_MAX = 64 * 1024;

/** User metadata and content types for a service that keeps none: those of `a` lie in the object `a.jcs-metadata`, as
 *  `{"jcs":"metadata","of":…,"metadata":{…},"contentType":"…"}`, and are good for one version of `a` only: `of` holds its tag, or its size and time where the
 *  service has no tags. So new bytes never have old metadata, whoever wrote them and wherever a crash came between. Lists hide these objects; copy,
 *  move, append and remove take them along. No name of the user may end with {@link METADATA_SUFFIX}. Changes nothing where the service keeps metadata.
 *
 *  Bytes and metadata are two objects: when the second cannot be written the write fails, and the new bytes may be there, without metadata. Where the
 *  service has no tags, the old metadata go before the bytes. Costs one request more for each stat, write and remove. */
export function virtualMetadata(): Layer {
  return (inner) => {
    if (inner.capabilities.userMetadata || inner.capabilities.readOnly === true) return inner;
    const files = companions(inner, {
      suffix: METADATA_SUFFIX,
      format: "metadata",
      bytesMax: METADATA_BYTES_MAX,
    });
    const keepsType = inner.capabilities.contentType;
    /** Whether the service is known to give tags. */
    let tagged = false;
    const noted = (meta: ObjectMeta): ObjectMeta => {
      tagged ||= meta.etag !== undefined;
      return meta;
    };

    /** What is kept for this version of an object, if anything. */
    const keptFor = async (meta: ObjectMeta, options: CallOptions): Promise<Kept | undefined> => {
      if (noted(meta).kind !== "file") return undefined;
      const content = await files.read(meta.path, options);
      if (content === undefined || JSON.stringify(content["of"]) !== JSON.stringify(versionOf(meta))) {
        return undefined;
      }
      return keptOf(content);
    };
    const find = async (path: string, options: CallOptions): Promise<ObjectMeta | undefined> => {
      const found = await unlessMissing(inner.stat(path, options));
      return found === undefined ? undefined : noted(found);
    };
    const keptAt = async (path: string, options: CallOptions): Promise<Kept | undefined> => {
      const found = await find(path, options);
      return found === undefined ? undefined : await keptFor(found, options);
    };
    /** Before bytes are replaced: without tags old metadata might seem to be theirs. */
    const begin = async (path: string, options: CallOptions): Promise<void> => {
      if (tagged || (await find(path, options)) === undefined || tagged) return;
      await files.remove(path, options);
    };
    /** After bytes have been replaced. */
    const keep = async (meta: ObjectMeta, kept: Kept | undefined, options: CallOptions): Promise<void> => {
      const { path } = noted(meta);
      if (kept === undefined || isEmpty(kept)) {
        // What is left over is of another version.
        return await files.remove(path, options).catch((error: unknown) => {
          if (!tagged) throw error;
        });
      }
      const of = versionOf(meta.etag === undefined ? await inner.stat(path, options) : meta);
      if (of === undefined) {
        const state = "the service tells neither tag nor time, so metadata cannot be tied to a version";
        throw storeError(inner.info, { kind: "Unsupported", operation: "write", path, state });
      }
      await files.write(path, { of, ...kept }, options);
    };
    /** What a write says of its object, and what is left for the service. */
    const split = ({ metadata, contentType, ...rest }: WriteOptions): { kept: Kept; rest: WriteOptions } => {
      const type = contentType === undefined ? {} : { contentType };
      return {
        kept: {
          ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
          ...(keepsType ? {} : type),
        },
        rest: keepsType ? { ...rest, ...type } : rest,
      };
    };

    const { append, writeAt, copy, move, fetch, multipart } = inner;
    const store: Store = {
      ...inner,
      capabilities: { ...inner.capabilities, ...files.limits, userMetadata: true, contentType: true },
      async stat(path, options = {}) {
        const meta = await inner.stat(path, options);
        return { ...meta, ...(await keptFor(meta, options)) };
      },
      async write(path, body, options = {}) {
        const { kept, rest } = split(options);
        const call = onlySignal(options);
        if (options.ifAbsent !== true) await beforeBody(body, () => begin(path, call));
        const meta = await inner.write(path, body, rest);
        await keep(meta, kept, call);
        return { ...meta, ...kept };
      },
      async remove(path, options = {}) {
        await files.remove(path, options);
        await inner.remove(path, options);
      },
      async *list(prefix, options) {
        for await (const entry of inner.list(prefix, options)) {
          if (files.ownerOf(entry) === undefined) yield entry;
        }
      },
      ...(append && {
        async append(path, body, options = {}) {
          const { kept, rest } = split(options);
          const call = onlySignal(options);
          const old = await beforeBody(body, () => keptAt(path, call));
          const meta = await append.call(inner, path, body, rest);
          await keep(meta, { ...old, ...kept }, call);
          return { ...meta, ...old, ...kept };
        },
      }),
      ...(writeAt && {
        async writeAt(path, offset, bytes, options = {}) {
          const old = await keptAt(path, options);
          await writeAt.call(inner, path, offset, bytes, options);
          if (old !== undefined) await keep(await inner.stat(path, options), old, options);
        },
      }),
      ...(copy && {
        async copy(source, target, options = {}) {
          const old = await keptFor(await inner.stat(source, options), options);
          if (source === target) return await copy.call(inner, source, target, options);
          await begin(target, options);
          await copy.call(inner, source, target, options);
          await keep(await inner.stat(target, options), old, options);
        },
      }),
      ...(move && {
        async move(source, target, options = {}) {
          const meta = await inner.stat(source, options);
          const old = await keptFor(meta, options);
          if (source === target || meta.kind !== "file") {
            return await move.call(inner, source, target, options);
          }
          await begin(target, options);
          await move.call(inner, source, target, options);
          await keep(await inner.stat(target, options), old, options);
          await files.remove(source, options);
        },
      }),
      ...(fetch && {
        async fetch(path, url, options = {}) {
          await begin(path, onlySignal(options));
          const meta = await fetch.call(inner, path, url, options);
          await keep(meta, undefined, onlySignal(options));
          return meta;
        },
      }),
      ...(multipart && {
        async multipart(path, options = {}) {
          const { kept, rest } = split(options);
          const upload = await multipart.call(inner, path, rest);
          return {
            ...upload,
            async complete(parts, call = {}) {
              await begin(path, call);
              const meta = await upload.complete(parts, call);
              await keep(meta, kept, call);
              return { ...meta, ...kept };
            },
          };
        },
      }),
    };
    return checkPaths(store, files.check);
  };
}

/** What is kept of an object. */
interface Kept {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

function isEmpty({ metadata = {}, contentType }: Kept): boolean {
  return contentType === undefined && Object.keys(metadata).length === 0;
}

function keptOf(content: Readonly<Record<string, unknown>>): Kept {
  const { metadata, contentType } = content;
  const pairs = typeof metadata === "object" && metadata !== null ? Object.entries(metadata) : [];
  return {
    metadata: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])),
    ...(typeof contentType === "string" ? { contentType } : {}),
  };
}

/** What tells one version of an object from another. */
function versionOf({ etag, size, modifiedAt }: ObjectMeta): Readonly<Record<string, unknown>> | undefined {
  if (etag !== undefined) return { etag };
  if (size === undefined || modifiedAt === undefined) return undefined;
  return { size, modifiedAt: modifiedAt.toISOString() };
}
