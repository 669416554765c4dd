import { constants } from "node:fs";
import { copyFile, lstat, open, rename, rmdir, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { isKind } from "../../../errors.ts";
import { directorySync } from "../../../local/directory_sync.ts";
import type { Connection } from "../../connection_string.ts";
import { fetchThrough } from "../../http/fetch_through.ts";
import type { Network } from "../../http/network.ts";
import { passList } from "../../listing.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { CallOptions, Store, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { changeFile } from "./change_file.ts";
import { codeOf, fsError } from "./fs_error.ts";
import { type FsCall, fsRoot } from "./fs_root.ts";
import { listFiles } from "./list_files.ts";
import { directoryMaker } from "./make_directories.ts";
import { linkTarget, makeLink, moveLink } from "./make_link.ts";
import { metaOfFile } from "./meta_of_file.ts";
import { prepareRoot } from "./prepare_root.ts";
import { probeCapabilities } from "./probe_capabilities.ts";
import { readFile } from "./read_file.ts";
import { type FsContext, makePlace, replaceFile } from "./replace_file.ts";
import { writeBody } from "./write_body.ts";

/** Opens the directory that is the connection's work directory. See {@link fsRoot} for what is guaranteed about links, and
 *  {@link replaceFile} for what a write promises. */
export async function openFsStore(
  connection: Connection,
  settings: { readonly sync: boolean; readonly prepared: boolean; readonly network: Network },
): Promise<Store> {
  const { service, name, workDirectory, space } = connection;
  const info = { service, name, workDirectory, space };
  if (name !== "") {
    const state = `write fs:///${name}${workDirectory.slice(0, -1)}, with three slashes, for an absolute path`;
    throw storeError(info, { kind: "Usage", operation: "open", state });
  }
  const directory = workDirectory === "/" ? "/" : workDirectory.slice(0, -1);
  const root = fsRoot(info, { directory, prepared: settings.prepared });
  const sync = directorySync({ enabled: settings.sync });
  const context: FsContext = {
    root,
    directories: directoryMaker(root, sync),
    directorySync: sync,
    durable: settings.sync,
  };
  const capabilities = await probeCapabilities(directory);

  const guard = async <T>(call: FsCall, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") throw await root.missing(call);
      throw fsError(info, { ...call, cause: error });
    }
  };
  /** The true path of the object to be copied or moved. */
  const sourceOf = async (call: FsCall): Promise<{ readonly file: string; readonly isLink: boolean }> => {
    const file = (await root.locate(call))?.file;
    const found = file === undefined ? undefined : await guard(call, () => lstat(file));
    if (file !== undefined && found?.isDirectory() === false) {
      return { file, isLink: found.isSymbolicLink() };
    }
    throw await root.missing(call);
  };
  /** The true path of an object that can be appended to; an empty one is made where there is none. */
  const appendable = async (call: FsCall): Promise<string> => {
    const found = await root.resolve(call);
    if (found !== undefined) return found;
    const create = (temporary: string) => open(temporary, NEW_FILE, 0o666);
    try {
      await replaceFile(context, { ...call, ifAbsent: true, file: { create, async fill() {} } });
    } catch (error) {
      // Somebody else was quicker, or a link that leads nowhere is in the way.
      if (!isKind(error, "AlreadyExists")) throw error;
    }
    const made = await root.resolve(call);
    if (made === undefined) throw await root.missing(call);
    return made;
  };

  const store: Store = {
    info,
    native: capabilities,
    capabilities,
    async stat(path, { signal } = {}) {
      const call = { operation: "stat", path: root.normalize(path) };
      throwIfCancelled(info, { ...call, signal });
      const place = await root.locate(call);
      if (place === undefined) throw await root.missing(call);
      const found = await guard(call, () => lstat(place.file, { bigint: true }));
      if (!found.isSymbolicLink()) return metaOfFile(call.path, found);
      // Refuses links that lead outside; one that leads nowhere is a link all the same.
      const file = await root.resolve(call);
      const linked = file === undefined ? undefined : await guard(call, () => lstat(file, { bigint: true }));
      return {
        ...(linked?.isFile() === true ? metaOfFile(call.path, linked) : {}),
        path: call.path,
        kind: "link",
        modifiedAt: new Date(Number(found.mtimeNs / 1_000_000n)),
        linkTarget: await guard(call, () => linkTarget(root, place.file)),
      };
    },
    async read(path, call = {}) {
      const normal = root.normalize(path);
      throwIfCancelled(info, { operation: "read", path: normal, signal: call.signal });
      return await readFile(root, { ...call, path: normal });
    },
    async write(path, content, options: WriteOptions = {}) {
      const { size, ifAbsent = false, signal } = options;
      const call = { operation: "write", path: root.normalize(path) };
      const body = takeBody(content, { info, ...call, size, signal });
      try {
        refuseUndeclared({ info, capabilities }, { ...options, ...call });
        throwIfCancelled(info, { ...call, signal });
        return await replaceFile(context, {
          ...call,
          ifAbsent,
          file: {
            create: (temporary) => open(temporary, NEW_FILE, 0o666),
            fill: (handle) => writeBody(handle, { body, durable: settings.sync }),
          },
        });
      } finally {
        body.end();
      }
    },
    async append(path, content, { size, signal } = {}) {
      const call = { operation: "append", path: root.normalize(path) };
      const body = takeBody(content, { info, ...call, size, signal });
      try {
        throwIfCancelled(info, { ...call, signal });
        const file = await appendable(call);
        return await changeFile(context, { ...call, file, body });
      } finally {
        body.end();
      }
    },
    async writeAt(path, offset, bytes, { signal } = {}) {
      const call = { operation: "writeAt", path: root.normalize(path) };
      throwIfCancelled(info, { ...call, signal });
      if (!(Number.isSafeInteger(offset) && offset >= 0)) {
        throw storeError(info, { ...call, kind: "Usage", state: `there is no byte ${offset}` });
      }
      const file = await root.resolve(call);
      if (file === undefined) throw await root.missing(call);
      await changeFile(context, { ...call, file, offset, body: takeBody(bytes, { info, ...call, signal }) });
    },
    ...(capabilities.link && {
      async link(path: string, target: string, { signal }: CallOptions = {}) {
        const call = { operation: "link", path: root.normalize(path) };
        throwIfCancelled(info, { ...call, signal });
        await makeLink(context, { ...call, target: root.normalize(target) });
      },
    }),
    async remove(path, { signal } = {}) {
      const call = { operation: "remove", path: root.normalize(path) };
      throwIfCancelled(info, { ...call, signal });
      const place = await root.locate(call);
      if (place === undefined) return await root.require(call);
      try {
        const found = await lstat(place.file);
        await (found.isDirectory() ? rmdir(place.file) : unlink(place.file));
        await sync.sync(place.directory);
      } catch (error) {
        if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") {
          throw fsError(info, { ...call, cause: error });
        }
        // Nothing is claimed of a disk that is not there.
        await root.require(call);
      }
    },
    list: (prefix, call = {}) =>
      passList(() => ({
        inner: listFiles(root, { ...call, prefix: normalizePrefix(prefix, workDirectory) }),
      })),
    async copy(source, target, { signal } = {}) {
      const from = { operation: "copy", path: root.normalize(source) };
      const to = { operation: "copy", path: root.normalize(target) };
      throwIfCancelled(info, { ...from, signal });
      const file = await root.resolve(from);
      if (file === undefined || !(await guard(from, () => stat(file))).isFile())
        throw await root.missing(from);
      await replaceFile(context, {
        ...to,
        ifAbsent: false,
        file: {
          async create(temporary) {
            await copyFile(file, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
            return await open(temporary, "r");
          },
          async fill() {
            throwIfCancelled(info, { ...from, signal });
          },
        },
      });
    },
    async move(source, target, { signal } = {}) {
      const from = { operation: "move", path: root.normalize(source) };
      const to = { operation: "move", path: root.normalize(target) };
      throwIfCancelled(info, { ...from, signal });
      const { file, isLink } = await sourceOf(from);
      const place = await makePlace(context, to);
      await root.require(to);
      await guard(from, () => (isLink ? moveLink(file, place) : rename(file, place.file)));
      await sync.sync(place.directory);
      await context.directories.settled(to.path);
      await sync.sync(dirname(file));
    },
    async makeDirectory(path, { signal } = {}) {
      const call = { operation: "makeDirectory", path: root.normalize(path) };
      throwIfCancelled(info, { ...call, signal });
      await guard(call, () => context.directories.make(call));
      await context.directories.settled(`${call.path}/`);
      const made = await root.resolve(call);
      const found = made === undefined ? undefined : await guard(call, () => stat(made));
      if (found?.isDirectory() === true) return;
      throw storeError(info, { ...call, kind: "AlreadyExists", state: "there is an object already" });
    },
    fetch: (path, url, options) => fetchThrough(store, path, { ...options, url, network: settings.network }),
    prepare: () => prepareRoot(root, sync),
    async close() {},
  };
  return store;
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
