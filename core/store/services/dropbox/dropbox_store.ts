import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { CallOptions, Capabilities, Store } from "../../store.ts";
import { lookForDropbox } from "./dropbox_aside.ts";
import { callRoute, type DropboxContext, dropboxContext } from "./dropbox_context.ts";
import { fetchObject } from "./dropbox_fetch.ts";
import { listObjects } from "./dropbox_list.ts";
import { NAME_CHARACTERS_MAX, PATH_BYTES_MAX, placeOf } from "./dropbox_names.ts";
import type { DropboxOptions } from "./dropbox_options.ts";
import { readObject } from "./dropbox_read.ts";
import { refusalOf } from "./dropbox_refusal.ts";
import { relocateObject } from "./dropbox_relocate.ts";
import { removeObject } from "./dropbox_remove.ts";
import { signRequest } from "./dropbox_sign.ts";
import { statPlace } from "./dropbox_stat.ts";
import { writeObject } from "./dropbox_write.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  writeIfAbsent: true,
  directories: true,
  copy: true,
  move: true,
  sign: true,
  fetch: true,
  pathBytesMax: PATH_BYTES_MAX,
  // As many characters, and each has a byte or more.
  nameBytesMax: NAME_CHARACTERS_MAX,
  objectBytesMax: 2 ** 41 - 2 ** 22,
};

/** Opens the folder that the connection names; it is made with the first object. Makes no request. */
export async function openDropboxStore(
  connection: Connection,
  source: { readonly options: DropboxOptions; readonly environment: OpenContext["environment"] },
): Promise<Store> {
  const context = await dropboxContext(connection, source);
  const capabilities = CAPABILITIES;
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      const place = placeOf(context.info, { operation: "stat", path });
      const call = { operation: "stat", path: place.path, signal: options?.signal };
      return await lookForDropbox(context, call, { place, look: () => statPlace(context, call, place) });
    },
    read: (path, options = {}) => readObject(context, path, options),
    write: (path, body, options = {}) => writeObject(context, path, { ...options, body, capabilities }),
    remove: (path, options = {}) => removeObject(context, path, options),
    list: (prefix, options = {}) => listObjects(context, prefix, options),
    copy: (from, to, options) => relocateObject(context, "copy", { ...options, source: from, target: to }),
    move: (from, to, options) => relocateObject(context, "move", { ...options, source: from, target: to }),
    fetch: (path, url, options) => fetchObject(context, path, { ...options, url }),
    makeDirectory: (path, options = {}) => makeDirectory(context, path, options),
    sign: (operation, path, options) => signRequest(context, path, { ...options, operation }),
    async close() {
      context.api.close();
      context.content.close();
      context.tokens.close();
    },
  };
}

async function makeDirectory(context: DropboxContext, at: string, { signal }: CallOptions): Promise<void> {
  const place = placeOf(context.info, { operation: "makeDirectory", path: at });
  const call = { operation: "makeDirectory", path: place.path, signal };
  try {
    await callRoute(context, call, {
      route: "files/create_folder_v2",
      argument: { path: place.name, autorename: false },
    });
  } catch (error) {
    if (refusalOf(error, /^path\/conflict\/folder$/) === undefined) throw error;
  }
}
