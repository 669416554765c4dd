import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, Store } from "../../store.ts";
import { lookForItem } from "./onedrive_aside.ts";
import { copyObject, moveObject, removeItem } from "./onedrive_change.ts";
import { callOf, fault, type OnedriveContext, onedriveContext } from "./onedrive_context.ts";
import { ensureFolder, findItem, missing, requireRoot } from "./onedrive_items.ts";
import { listObjects } from "./onedrive_list.ts";
import { NAME_CHARACTERS_MAX, PATH_CHARACTERS_MAX } from "./onedrive_names.ts";
import type { OnedriveOptions } from "./onedrive_options.ts";
import { readObject } from "./onedrive_read.ts";
import { writeObject } from "./onedrive_write.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  // The service wants to know the length of a large object before its first byte.
  writeUnknownSize: false,
  writeIfAbsent: true,
  directories: true,
  copy: true,
  move: true,
  // Addresses of downloads are good for as long as the service likes.
  sign: false,
  // Of ASCII; the service counts characters.
  pathBytesMax: PATH_CHARACTERS_MAX,
  nameBytesMax: NAME_CHARACTERS_MAX,
  objectBytesMax: 250 * 1024 ** 3,
};

/** Opens the folder that the connection names. Makes no request. */
export async function openOnedriveStore(
  connection: Connection,
  source: { readonly options: OnedriveOptions; readonly environment: OpenContext["environment"] },
): Promise<Store> {
  const context: OnedriveContext = await onedriveContext(connection, source);
  const { info } = context;
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    async stat(path, options) {
      const call = callOf(context, "stat", { ...options, path });
      const item = await lookForItem(context, call);
      if (item !== undefined && item.kind !== "other")
        return { path: call.path, kind: item.kind, ...item.meta };
      await requireRoot(context, call);
      throw missing(context, call);
    },
    read: async (path, options = {}) =>
      await readObject(context, callOf(context, "read", { ...options, path }), options),
    async write(path, body, options = {}) {
      const call = callOf(context, "write", { ...options, path });
      return await writeObject(context, call, { ...options, body, capabilities: CAPABILITIES });
    },
    async remove(path, options) {
      await removeItem(context, callOf(context, "remove", { ...options, path }));
    },
    list: (prefix, options = {}) => listObjects(context, prefix, options),
    async copy(from, to, options) {
      const source = callOf(context, "copy", { ...options, path: from });
      await copyObject(context, source, callOf(context, "copy", { ...options, path: to }));
    },
    async move(from, to, options) {
      const source = callOf(context, "move", { ...options, path: from });
      await moveObject(context, source, callOf(context, "move", { ...options, path: to }));
    },
    async makeDirectory(path, options) {
      const call = callOf(context, "makeDirectory", { ...options, path });
      await requireRoot(context, call);
      const there = await findItem(context, call);
      if (there !== undefined && there.kind !== "directory") {
        throw fault(context, call, { kind: "AlreadyExists", state: "there is an object" });
      }
      if (there === undefined) await ensureFolder(context, call, call.file);
    },
    async close() {
      context.client.close();
      context.others.close();
      context.tokens.close();
    },
  };
}
