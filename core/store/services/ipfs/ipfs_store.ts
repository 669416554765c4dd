import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, Store } from "../../store.ts";
import { copyFile, makeDirectory, removeFile } from "./ipfs_change.ts";
import { callOf, find, ipfsContext, NAME_BYTES_MAX, PATH_BYTES_MAX } from "./ipfs_context.ts";
import { listFiles } from "./ipfs_list.ts";
import type { IpfsOptions } from "./ipfs_options.ts";
import { readFile } from "./ipfs_read.ts";
import { writeFile } from "./ipfs_write.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  writeIfAbsent: true,
  caseSensitive: true,
  directories: true,
  copy: true,
  move: true,
  // A file that is appended to shows parts of what is being written.
  append: false,
  // kubo removes the old file before it adds the new one.
  overwriteAtomic: false,
  // An address at a gateway never expires.
  sign: false,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: NAME_BYTES_MAX,
};

/** Opens a folder in the files of an IPFS node. Makes no request. */
export async function openIpfsStore(
  connection: Connection,
  settings: { readonly options: IpfsOptions; readonly context: OpenContext },
): Promise<Store> {
  const context = await ipfsContext(connection, settings);
  const call = (operation: string, path: string, signal: AbortSignal | undefined) =>
    callOf(context, { operation, path, signal });
  return {
    info: context.info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    stat: async (path, options) => (await find(context, call("stat", path, options?.signal))).meta,
    read: async (path, options = {}) => await readFile(context, call("read", path, options.signal), options),
    write: async (path, body, options = {}) =>
      await writeFile(context, call("write", path, options.signal), { ...options, body }),
    remove: async (path, options) => await removeFile(context, call("remove", path, options?.signal)),
    list: (prefix, options = {}) => listFiles(context, prefix, options),
    async copy(from, to, options) {
      const source = call("copy", from, options?.signal);
      await copyFile(context, source, { target: call("copy", to, options?.signal), removes: false });
    },
    async move(from, to, options) {
      const source = call("move", from, options?.signal);
      await copyFile(context, source, { target: call("move", to, options?.signal), removes: true });
    },
    makeDirectory: async (path, options) =>
      await makeDirectory(context, call("makeDirectory", path, options?.signal)),
    async close() {
      context.client.close();
    },
  };
}
