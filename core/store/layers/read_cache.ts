import { collect } from "../../bytes/collect.ts";
import { fromBytes } from "../../bytes/from_bytes.ts";
import { isKind } from "../../errors.ts";
import {
  CACHE_BLOCK_MS,
  CACHE_CHUNK_BYTES,
  CACHE_SETTLED_MS,
  CACHE_UNTAGGED_BYTES_MAX,
  CACHE_VERSIONS_MAX,
} from "../../limits.ts";
import type { Layer } from "../layer.ts";
import { normalizePath } from "../normalize_path.ts";
import { objectStream } from "../object_stream.ts";
import type { CallOptions, ObjectMeta, ObjectStream, ReadOptions } from "../store.ts";
import { throwIfCancelled } from "../store_error.ts";
import { forgetChanges } from "./read_cache_changes.ts";
import type { CacheFiles } from "./read_cache_files.ts";
import { cachedStream } from "./read_cache_stream.ts";

/** Blocks of jcs are written once and never changed. */
const BLOCK_PATH = /^jcs\/blocks\/[0-9a-f]{2}\/[0-9a-f]{32}\.\d+$/;

/** What tells one content of an object from every other. */
interface Version {
  readonly text: string;
  /** The service's tag: it reads this very version. */
  readonly etag?: string;
  readonly size?: number;
}

/** Keeps what was read in `files` and serves it from there as long as it is the object's content: by its tag, or else by its size and time of
 *  change; what has neither is not cached. Each read asks for them (a stat), unless it did so less than `ttlMs` ago; blocks of jcs need not be
 *  asked for, since they never change. What is written, moved or removed through the layer is forgotten.
 *
 *  Goes by chunks of {@link CACHE_CHUNK_BYTES}: a range is widened to whole ones. Without tags only ranges up to
 *  {@link CACHE_UNTAGGED_BYTES_MAX} are cached, of objects that have not changed for {@link CACHE_SETTLED_MS}, since nothing else tells that
 *  an object changes while it is read. */
export function readCache(options: { readonly files: CacheFiles; readonly ttlMs: number }): Layer {
  const { files, ttlMs } = options;
  return (inner) => {
    const known = new Map<string, { readonly version: Version; readonly atMs: number }>();
    let changes = 0;
    const forget = async (path: string): Promise<void> => {
      changes += 1;
      known.delete(path);
      await files.drop(path);
    };
    const keyOf = (path: string) => normalizePath(path, inner.info.workDirectory);
    const checkOf =
      (path: string, { signal }: CallOptions) =>
      () =>
        throwIfCancelled(inner.info, { operation: "read", path, signal });

    const versionOf = async (path: string, call: CallOptions): Promise<Version | undefined> => {
      const last = known.get(path);
      if (last !== undefined && performance.now() - last.atMs < ttlMs) return last.version;
      const before = changes;
      const atMs = performance.now();
      const version = toVersion(await inner.stat(path, call));
      known.delete(path);
      if (version !== undefined && ttlMs > 0 && before === changes) {
        known.set(path, { version, atMs });
        for (const oldest of known.keys()) {
          if (known.size <= CACHE_VERSIONS_MAX) break;
          known.delete(oldest);
        }
      }
      return version;
    };

    const readBlock = (
      path: string,
      { offset = 0, length = Number.POSITIVE_INFINITY, ...call }: ReadOptions,
    ) => {
      const name = { path, version: "block" };
      const savedAfterMs = Date.now() - CACHE_BLOCK_MS;
      return cachedStream(
        {
          etag: undefined,
          check: checkOf(path, call),
          load: (index) => files.load({ ...name, index }, savedAfterMs),
          save: (index, bytes) => files.save({ ...name, index }, bytes),
          open: (from, bytes) => inner.read(path, { ...call, ...rangeOf(from, bytes) }),
          size: () =>
            inner.stat(path, call).then(
              ({ size }) => size,
              () => undefined,
            ),
        },
        { offset, length },
      );
    };

    const readTagged = (
      { path, version }: { readonly path: string; readonly version: Version & { readonly etag: string } },
      { offset = 0, length = Number.POSITIVE_INFINITY, ...call }: ReadOptions,
    ) => {
      const name = { path, version: version.text };
      let isSame = true;
      return cachedStream(
        {
          etag: version.etag,
          check: checkOf(path, call),
          load: (index) => files.load({ ...name, index }),
          save: async (index, bytes) => (isSame ? await files.save({ ...name, index }, bytes) : undefined),
          async open(from, bytes) {
            const stream = await inner.read(path, {
              ...call,
              ifMatch: version.etag,
              ...rangeOf(from, bytes),
            });
            isSame = stream.etag === version.etag;
            return stream;
          },
          size: async () => version.size,
        },
        { offset, length },
      );
    };

    /** All of the range is there, or all of it is read, and kept when the object is the same after that. */
    const readUntagged = async (
      { path, version }: { readonly path: string; readonly version: Version },
      { offset = 0, length = Number.POSITIVE_INFINITY, ...call }: ReadOptions,
    ): Promise<ObjectStream> => {
      const size = version.size ?? 0;
      const end = Math.min(offset + length, size);
      const first = Math.floor(offset / CACHE_CHUNK_BYTES);
      const from = first * CACHE_CHUNK_BYTES;
      const to = Math.min(Math.ceil(end / CACHE_CHUNK_BYTES) * CACHE_CHUNK_BYTES, size);
      if (end <= offset || to - from > CACHE_UNTAGGED_BYTES_MAX) {
        return await inner.read(path, { ...call, ...rangeOf(offset, length) });
      }
      const name = { path, version: version.text };
      const count = Math.ceil((to - from) / CACHE_CHUNK_BYTES);
      const chunks = await Promise.all(
        Array.from({ length: count }, (_, position) => files.load({ ...name, index: first + position })),
      );
      let bytes = joined(chunks, to - from);
      if (bytes === undefined) {
        const stream = await inner.read(path, { ...call, ...rangeOf(from, to - from) });
        bytes = await collect(stream, { bytesMax: to - from });
        const after = await inner.stat(path, call).then(toVersion, () => undefined);
        if (after?.text === version.text && bytes.length === to - from) {
          for (let index = 0; index < count; index++) {
            const start = index * CACHE_CHUNK_BYTES;
            await files.save(
              { ...name, index: first + index },
              bytes.subarray(start, start + CACHE_CHUNK_BYTES),
            );
          }
        }
      }
      const iterator = fromBytes(bytes.subarray(offset - from, end - from))[Symbol.asyncIterator]();
      const check = checkOf(path, call);
      return objectStream({
        async pull() {
          check();
          const result = await iterator.next();
          return result.done === true ? undefined : result.value;
        },
        close() {},
      });
    };

    return {
      ...forgetChanges(inner, { forget, keyOf }),
      forget: (path) => forget(keyOf(path)),
      async close() {
        await files.settled();
        await inner.close();
      },
      async read(given, call = {}) {
        const path = keyOf(given);
        checkOf(path, call)();
        if (BLOCK_PATH.test(path) && call.ifMatch === undefined) return await readBlock(path, call);
        const { signal, attempt } = call;
        const version = await versionOf(path, {
          ...(signal === undefined ? {} : { signal }),
          ...(attempt === undefined ? {} : { attempt }),
        });
        const { etag } = version ?? {};
        // Whether another version than that is there now, only the service can say.
        const isOther = call.ifMatch !== undefined && call.ifMatch !== etag;
        if (version === undefined || isOther) return await inner.read(path, call);
        if (etag === undefined) return await readUntagged({ path, version }, call);
        try {
          return await readTagged({ path, version: { ...version, etag } }, call);
        } catch (error) {
          if (!isKind(error, "ConditionFailed")) throw error;
          // It was replaced a moment ago.
          known.delete(path);
          return await inner.read(path, call);
        }
      },
    };
  };
}

function toVersion({ kind, etag, size, modifiedAt }: ObjectMeta): Version | undefined {
  if (kind !== "file") return undefined;
  const known = size === undefined ? {} : { size };
  if (etag !== undefined) return { text: `tag ${etag}`, etag, ...known };
  if (size === undefined || modifiedAt === undefined) return undefined;
  const modifiedAtMs = modifiedAt.getTime();
  if (Date.now() - modifiedAtMs < CACHE_SETTLED_MS) return undefined;
  return { text: `${size} bytes at ${modifiedAtMs}`, ...known };
}

/** The chunks as one, if none is missing. */
function joined(chunks: readonly (Uint8Array | undefined)[], bytes: number): Uint8Array | undefined {
  const whole = new Uint8Array(bytes);
  let position = 0;
  for (const chunk of chunks) {
    if (chunk === undefined || position + chunk.length > bytes) return undefined;
    whole.set(chunk, position);
    position += chunk.length;
  }
  return position === bytes ? whole : undefined;
}

function rangeOf(offset: number, length: number): Pick<ReadOptions, "offset" | "length"> {
  return { offset, ...(length === Number.POSITIVE_INFINITY ? {} : { length }) };
}
