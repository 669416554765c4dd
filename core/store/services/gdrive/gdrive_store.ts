import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, Store } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { copyPath, makeDirectory, movePath, removePath } from "./gdrive_change.ts";
import {
  type Call,
  directoryOf,
  gdriveContext,
  NAME_BYTES_MAX,
  PATH_BYTES_MAX,
  type Place,
  placeOf,
} from "./gdrive_context.ts";
import { listFiles } from "./gdrive_list.ts";
import type { GdriveOptions } from "./gdrive_options.ts";
import { readObject, statPath } from "./gdrive_read.ts";
import { writeObject } from "./gdrive_write.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  // Two files may have one name: nobody but the writers themselves could refuse the second.
  writeIfAbsent: false,
  userMetadata: true,
  contentType: true,
  caseSensitive: true,
  directories: true,
  copy: true,
  move: true,
  // A shortcut leads to a file, not to a path: it can lead neither nowhere nor to what comes later. Those that are there are followed.
  link: false,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: NAME_BYTES_MAX,
  objectBytesMax: 5 * 1024 ** 4,
};

/** Opens a folder of Google Drive. Makes no request. */
export async function openGdriveStore(
  connection: Connection,
  source: { readonly options: GdriveOptions; readonly environment: OpenContext["environment"] },
): Promise<Store> {
  const context = await gdriveContext(connection, source);
  const { info } = context;
  const begin = (
    operation: string,
    path: string,
    signal: AbortSignal | undefined,
  ): { readonly call: Call; readonly place: Place } => {
    const place = placeOf(context, { operation, path });
    const call = { operation, path: place.path, signal };
    throwIfCancelled(info, call);
    return { call, place };
  };
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    async stat(path, options) {
      const { call, place } = begin("stat", path, options?.signal);
      return await statPath(context, call, place);
    },
    async read(path, options = {}) {
      const { call, place } = begin("read", path, options.signal);
      return await readObject(context, call, { ...options, key: place.key });
    },
    async write(path, body, options = {}) {
      const place = placeOf(context, { operation: "write", path });
      const call = { operation: "write", path: place.path, signal: options.signal };
      return await writeObject(context, call, { ...options, place, body });
    },
    async remove(path, options) {
      const { call, place } = begin("remove", path, options?.signal);
      await removePath(context, call, place);
    },
    async *list(prefix, options = {}) {
      const { delimited = false, signal } = options;
      const place = directoryOf(context, prefix);
      const call = { operation: "list", path: place.path, signal };
      throwIfCancelled(info, call);
      yield* listFiles(context, call, { ...place, delimited });
    },
    async copy(from, to, options) {
      const { place: target } = begin("copy", to, options?.signal);
      const { call, place: source } = begin("copy", from, options?.signal);
      await copyPath(context, call, { source, target });
    },
    async move(from, to, options) {
      const { place: target } = begin("move", to, options?.signal);
      const { call, place: source } = begin("move", from, options?.signal);
      await movePath(context, call, { source, target });
    },
    async makeDirectory(path, options) {
      const { call, place } = begin("makeDirectory", path, options?.signal);
      await makeDirectory(context, call, place);
    },
    async close() {
      context.client.close();
      context.tokens.close();
    },
  };
}
