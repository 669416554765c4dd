import { isKind, JcsError } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { emptyStream } from "../../http/http_read.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type {
  Capabilities,
  ListOptions,
  ObjectMeta,
  ObjectStream,
  ReadOptions,
  Store,
  StoreInfo,
} from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { fsError } from "../fs/fs_error.ts";
import { type ArchiveEntry, ArchiveFault, type ArchiveFormat } from "./archive_entry.ts";
import { type ArchiveIndex, readIndex } from "./archive_index.ts";
import { type OpenArchive, openArchive } from "./open_archive.ts";
import { readEntry } from "./read_entry.ts";

const PATH_BYTES_MAX = 65_535;

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readOnly: true,
  readRange: true,
  caseSensitive: true,
  listSorted: true,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: PATH_BYTES_MAX,
};

/** What is in the archive file that is the connection's work directory, to be read only. Opens nothing yet.
 *
 *  The archive's directory is kept in memory from the first use on, and read again when the file is another by then. Links are shown, and cannot
 *  be read. */
export function openArchiveStore(connection: Connection, format: ArchiveFormat): Store {
  const { service, name, workDirectory, space } = connection;
  if (name !== "" || workDirectory === "/") {
    const state = `write ${service}:///path/of/the/archive, with three slashes`;
    throw new JcsError("Usage", `Cannot open a space of service "${service}": ${state}`);
  }
  const info = { service, name, workDirectory, space };
  const file = workDirectory.slice(0, -1);
  let known: { readonly version: string; readonly index: Promise<ArchiveIndex> } | undefined;

  /** The index of this version of the archive, which all calls share; one that another call's signal has ended is read again. */
  const indexOf = async (archive: OpenArchive, call: Call): Promise<ArchiveIndex> => {
    for (;;) {
      if (known?.version !== archive.version) {
        const check = () => throwIfCancelled(info, call);
        known = { version: archive.version, index: readIndex(archive.bytes, { format, check }) };
      }
      const shared = known;
      try {
        return await shared.index;
      } catch (error) {
        if (known === shared) known = undefined;
        if (!isKind(error, "Cancelled") || call.signal?.aborted === true) throw error;
      }
    }
  };

  /** Does something with the archive and what is in it, and turns its faults into errors. `work` says whether it keeps the archive open. */
  const use = async <T>(
    call: Call,
    work: (
      archive: OpenArchive,
      index: ArchiveIndex,
    ) => Promise<{ readonly result: T; readonly keeps?: boolean }>,
  ): Promise<T> => {
    throwIfCancelled(info, call);
    const { signal: _, ...place } = call;
    const archive = await openArchive(info, { ...place, file });
    let keeps = false;
    try {
      const done = await work(archive, await indexOf(archive, call));
      keeps = done.keeps === true;
      return done.result;
    } catch (error) {
      if (!(error instanceof ArchiveFault)) throw fsError(info, { ...place, cause: error });
      throw storeError(info, {
        ...place,
        kind: error.kind,
        state: `the archive cannot be read: ${error.message}`,
      });
    } finally {
      if (!keeps) await archive.handle.close();
    }
  };
  const refuse = async (operation: string, at: string): Promise<never> => {
    const path = normalizePath(at, workDirectory);
    throw storeError(info, { kind: "Unsupported", operation, path, state: "an archive can only be read" });
  };
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    async stat(at, options) {
      const path = normalizePath(at, workDirectory);
      const call = { operation: "stat", path, signal: options?.signal };
      return await use(call, async (archive, { entries }) => {
        const entry = found(info, call, entries);
        return { result: metaOf(path, entry, tagOf(archive, entry)) };
      });
    },
    async read(at, options: ReadOptions = {}) {
      const path = normalizePath(at, workDirectory);
      const call = { operation: "read", path, signal: options.signal };
      return await use<ObjectStream>(call, async (archive, { entries }) => {
        const entry = found(info, call, entries);
        const etag = tagOf(archive, entry);
        const fault = (kind: "ConditionFailed" | "Unsupported", state: string) =>
          storeError(info, { kind, operation: "read", path, state });
        if (options.ifMatch !== undefined && options.ifMatch !== etag) {
          throw fault("ConditionFailed", "the archive has been replaced");
        }
        if (entry.kind === "link")
          throw fault("Unsupported", "it is a link, which is not followed in archives");
        if (entry.unreadable !== undefined) throw fault("Unsupported", entry.unreadable);
        if (options.length === 0 || (options.offset ?? 0) > entry.size) return { result: emptyStream(etag) };
        const position = await format.dataPosition(archive.bytes, entry);
        if (position + entry.storedBytes > archive.bytes.size)
          throw new ArchiveFault("Corrupt", "it ends too early");
        return {
          result: readEntry(info, { ...options, path, etag }, { archive, entry, position }),
          keeps: true,
        };
      });
    },
    write: async (path, body) => {
      if (!(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
      return await refuse("write", path);
    },
    remove: (path) => refuse("remove", path),
    async *list(at, options: ListOptions = {}): AsyncIterable<ObjectMeta> {
      const { delimited = false, signal } = options;
      const prefix = normalizePrefix(at, workDirectory);
      const call = { operation: "list", path: prefix, signal };
      const { entries, paths, version } = await use(call, async (archive, index) => ({
        result: { ...index, version: archive },
      }));
      const start = prefix === "" ? "" : `${prefix}/`;
      let directory: string | undefined;
      for (const path of paths) {
        throwIfCancelled(info, call);
        if (!path.startsWith(start)) continue;
        const slash = delimited ? path.indexOf("/", start.length) : -1;
        const entry = entries.get(path);
        if (slash === -1 && entry !== undefined) yield metaOf(path, entry, tagOf(version, entry));
        else if (directory !== path.slice(0, slash)) {
          // Everything below a directory stands together: its slash is part of the order.
          directory = path.slice(0, slash);
          yield { path: directory, kind: "directory" };
        }
      }
    },
    async close() {
      known = undefined;
    },
  };
}

interface Call {
  readonly operation: string;
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

function found(info: StoreInfo, call: Call, entries: ArchiveIndex["entries"]): ArchiveEntry {
  const entry = entries.get(call.path);
  if (entry !== undefined) return entry;
  const { operation, path } = call;
  throw storeError(info, { kind: "NotFound", operation, path, state: "no such object" });
}

function tagOf(archive: Pick<OpenArchive, "version">, entry: ArchiveEntry): string {
  return `${archive.version.slice(0, -1)}-${entry.position.toString(36)}"`;
}

function metaOf(path: string, entry: ArchiveEntry, etag: string): ObjectMeta {
  const { kind, size, modifiedAt, linkTarget } = entry;
  return {
    path,
    kind: kind === "link" ? "link" : "file",
    ...(kind === "link" ? {} : { size, etag }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
  };
}
