import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { fetchThrough } from "../../http/fetch_through.ts";
import type { Network } from "../../http/network.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import { objectStream } from "../../object_stream.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { Capabilities, ObjectMeta, Store, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type MemoryContent, piecesOf, takeContent, withBytesAt } from "./memory_content.ts";
import { memoryMultipart } from "./memory_multipart.ts";
import { type MemoryObject, memorySpace, setObject } from "./memory_space.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  writeIfAbsent: true,
  userMetadata: true,
  contentType: true,
  contentDisposition: true,
  checksums: ["md5", "sha256"],
  caseSensitive: true,
  listSorted: true,
  copy: true,
  move: true,
  append: true,
  writeAt: true,
  multipart: true,
  link: true,
  fetch: true,
  pathBytesMax: 4096,
  nameBytesMax: 4096,
};

/** As many links as are followed on the way to one object. */
const LINKS_MAX = 40;

/** A path in its one spelling, and where its object lies in the space. */
interface Place {
  readonly key: string;
  readonly path: string;
}

/** Opens the space in memory that has the connection's name. */
export function openMemoryStore(
  connection: Connection,
  options: { readonly capacity: number | undefined; readonly network: Network },
): Store {
  const { service, name, workDirectory } = connection;
  const info = { service, name, workDirectory, space: connection.space };
  const space = memorySpace(name);

  const keyOf = (path: string, operation: string): Place => {
    const normal = normalizePath(path, workDirectory);
    const key = workDirectory + normal;
    if (Buffer.byteLength(key) <= CAPABILITIES.pathBytesMax) return { key, path: normal };
    const state = `the path is longer than ${CAPABILITIES.pathBytesMax} bytes`;
    throw storeError(info, { kind: "Usage", operation, path, state });
  };
  const find = (path: string, operation: string) => {
    const { key, path: normal } = keyOf(path, operation);
    const object = space.objects.get(key);
    if (object !== undefined) return { key, path: normal, object };
    throw storeError(info, { kind: "NotFound", operation, path: normal, state: "no such object" });
  };
  /** What is at `path` once all links are followed. */
  const follow = (path: string, operation: string) => {
    let found = find(path, operation);
    for (let links = 0; found.object.linkTarget !== undefined; links++) {
      if (links === LINKS_MAX) {
        const state = "too many links on the way";
        throw storeError(info, { kind: "PermissionDenied", operation, path, state });
      }
      found = find(found.object.linkTarget, operation);
    }
    return found;
  };
  const requireRoom = (path: string, bytes: number) => {
    if (options.capacity === undefined || bytes <= options.capacity) return;
    const state = `no room for more than ${options.capacity} bytes`;
    throw storeError(info, { kind: "NoSpace", operation: "write", path, state });
  };
  const receive = ({ key, path }: Place, body: Uint8Array | ByteStream, call: WriteOptions) =>
    takeContent(body, {
      ...call,
      info,
      path,
      check: () =>
        refuseUndeclared({ info, capabilities: CAPABILITIES }, { ...call, operation: "write", path }),
      requireRoom: (bytes) => requireRoom(path, space.bytes - (space.objects.get(key)?.size ?? 0) + bytes),
    });
  const commit = (
    place: Place,
    content: MemoryContent,
    call: Pick<WriteOptions, "ifAbsent" | "metadata" | "contentType" | "contentDisposition">,
  ): ObjectMeta => {
    const { key, path } = place;
    const before = space.objects.get(key);
    if (call.ifAbsent === true && before !== undefined) {
      const state = "there is an object already";
      throw storeError(info, { kind: "AlreadyExists", operation: "write", path, state });
    }
    requireRoom(path, space.bytes - (before?.size ?? 0) + content.size);
    space.versions += 1;
    const object: MemoryObject = {
      chunks: content.chunks,
      size: content.size,
      modifiedAt: new Date(),
      etag: `"${space.versions}"`,
      ...(call.metadata === undefined ? {} : { metadata: { ...call.metadata } }),
      ...(call.contentType === undefined ? {} : { contentType: call.contentType }),
      ...(call.contentDisposition === undefined ? {} : { contentDisposition: call.contentDisposition }),
    };
    setObject(space, key, object);
    return metaOf(path, object);
  };

  const store: Store = {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    async stat(path, call) {
      throwIfCancelled(info, { operation: "stat", path, signal: call?.signal });
      const found = find(path, "stat");
      return metaOf(found.path, found.object);
    },
    async read(path, call = {}) {
      const { offset = 0, length = Number.POSITIVE_INFINITY, ifMatch, signal } = call;
      throwIfCancelled(info, { operation: "read", path, signal });
      const { object } = follow(path, "read");
      if (ifMatch !== undefined && ifMatch !== object.etag) {
        const state = "the object has been replaced";
        throw storeError(info, { kind: "ConditionFailed", operation: "read", path, state });
      }
      const pieces = piecesOf(object, { start: offset, end: offset + length });
      return objectStream({
        etag: object.etag,
        async pull() {
          throwIfCancelled(info, { operation: "read", path, signal });
          const next = pieces.next();
          return next.done === true ? undefined : next.value;
        },
        close() {},
      });
    },
    async write(path, body, call = {}) {
      const place = keyOf(path, "write");
      return commit(place, await receive(place, body, call), call);
    },
    async append(path, body, call = {}) {
      const place = keyOf(path, "append");
      const added = await receive(place, body, call);
      const before = space.objects.get(place.key);
      if (before === undefined) return commit(place, added, call);
      const { key, path: end, object } = follow(path, "append");
      const { contentType = object.contentType, metadata = object.metadata } = call;
      const { contentDisposition = object.contentDisposition } = call;
      const content = { chunks: [...object.chunks, ...added.chunks], size: object.size + added.size };
      return commit({ key, path: end }, content, {
        ...(contentType === undefined ? {} : { contentType }),
        ...(contentDisposition === undefined ? {} : { contentDisposition }),
        ...(metadata === undefined ? {} : { metadata }),
      });
    },
    async writeAt(path, offset, bytes, call) {
      throwIfCancelled(info, { operation: "writeAt", path, signal: call?.signal });
      const { key, path: end, object } = follow(path, "writeAt");
      if (!(Number.isInteger(offset) && offset >= 0 && offset <= object.size)) {
        const state = `byte ${offset} is past the end of ${object.size} bytes`;
        throw storeError(info, { kind: "Usage", operation: "writeAt", path: end, state });
      }
      commit({ key, path: end }, withBytesAt(object, offset, bytes), object);
    },
    async link(path, target, call) {
      throwIfCancelled(info, { operation: "link", path, signal: call?.signal });
      const place = keyOf(path, "link");
      const linkTarget = keyOf(target, "link").path;
      const before = space.objects.get(place.key);
      if (before !== undefined && before.linkTarget === undefined) {
        const state = "there is an object already";
        throw storeError(info, { kind: "AlreadyExists", operation: "link", path: place.path, state });
      }
      space.versions += 1;
      const link = { chunks: [], size: 0, modifiedAt: new Date(), etag: `"${space.versions}"`, linkTarget };
      setObject(space, place.key, link);
    },
    async remove(path, call) {
      throwIfCancelled(info, { operation: "remove", path, signal: call?.signal });
      setObject(space, keyOf(path, "remove").key, undefined);
    },
    async *list(prefix, call = {}) {
      const directory = normalizePrefix(prefix, workDirectory);
      const start = directory === "" ? workDirectory : `${workDirectory}${directory}/`;
      const keys = [...space.objects.keys()].filter((key) => key.startsWith(start)).sort(compareUtf8);
      let shown: string | undefined;
      for (const key of keys) {
        throwIfCancelled(info, { operation: "list", path: prefix, signal: call.signal });
        const slash = call.delimited === true ? key.indexOf("/", start.length) : -1;
        if (slash !== -1) {
          const path = key.slice(workDirectory.length, slash);
          if (path !== shown) yield { path, kind: "directory" };
          shown = path;
          continue;
        }
        const object = space.objects.get(key);
        if (object !== undefined) yield metaOf(key.slice(workDirectory.length), object);
      }
    },
    async copy(source, target, call) {
      throwIfCancelled(info, { operation: "copy", path: source, signal: call?.signal });
      const { object } = follow(source, "copy");
      commit(keyOf(target, "copy"), object, object);
    },
    async move(source, target, call) {
      throwIfCancelled(info, { operation: "move", path: source, signal: call?.signal });
      const { key, object } = find(source, "move");
      const place = keyOf(target, "move");
      if (place.key === key) return;
      setObject(space, key, undefined);
      setObject(space, place.key, object);
    },
    async multipart(path, call = {}) {
      throwIfCancelled(info, { operation: "write", path, signal: call.signal });
      const place = keyOf(path, "write");
      return memoryMultipart({
        receive: (body, partCall) => receive(place, body, partCall),
        commit: (content) => commit(place, content, call),
        fail: (kind, state) => storeError(info, { kind, operation: "write", path: place.path, state }),
      });
    },
    fetch: (path, url, call) => fetchThrough(store, path, { ...call, url, network: options.network }),
    async close() {},
  };
  return store;
}

function metaOf(path: string, object: MemoryObject): ObjectMeta {
  const { chunks: _, ...meta } = object;
  const { linkTarget, modifiedAt } = object;
  if (linkTarget !== undefined) return { path, kind: "link", modifiedAt, linkTarget };
  return { path, kind: "file", ...meta };
}

function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
