import { isKind } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, Store } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { ask, closeConnections, findFile, hdfsContext, missing, requireRoot } from "./hdfs_context.ts";
import { listFiles } from "./hdfs_list.ts";
import { fileOf, NAME_BYTES_MAX, PATH_BYTES_MAX, pathOf } from "./hdfs_names.ts";
import type { HdfsOptions } from "./hdfs_options.ts";
import { readFile, statFile } from "./hdfs_read.ts";
import { makeParent, rename, writeFile } from "./hdfs_write.ts";

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  writeIfAbsent: true,
  caseSensitive: true,
  directories: true,
  move: true,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: NAME_BYTES_MAX,
};

/** Opens a directory of HDFS. Makes no request. */
export function openHdfsStore(
  connection: Connection,
  source: { readonly options: HdfsOptions; readonly context: OpenContext },
): Store {
  const context = hdfsContext(connection, source);
  const { info } = context;
  const callOf = (operation: string, at: string, signal: AbortSignal | undefined) => ({
    operation,
    path: pathOf(context, { operation, path: at }),
    signal,
  });
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    stat: async (path, call) => await statFile(context, callOf("stat", path, call?.signal)),
    read: async (path, call = {}) => await readFile(context, callOf("read", path, call.signal), call),
    write: async (path, body, call = {}) =>
      await writeFile(context, callOf("write", path, call.signal), { ...call, body }),
    async remove(path, call) {
      const place = callOf("remove", path, call?.signal);
      const file = fileOf(context, place.path);
      try {
        await ask(context, place, { method: "DELETE", op: "DELETE", file, query: { recursive: "false" } });
      } catch (error) {
        // A file where a directory should be makes everything below it missing.
        if (isKind(error, "NotFound")) return;
        if (isKind(error, "ConditionFailed") && (await findFile(context, place)) === undefined) return;
        throw error;
      }
      if (!context.root.found) await requireRoot(context, place);
    },
    list: (prefix, call = {}) => listFiles(context, prefix, call),
    async move(from, to, call) {
      const source = callOf("move", from, call?.signal);
      const target = callOf("move", to, call?.signal);
      if ((await statFile(context, source)).kind !== "file") throw missing(context, source);
      if (source.path === target.path) return;
      await makeParent(context, target);
      await rename(context, target, { from: fileOf(context, source.path), option: "OVERWRITE" });
    },
    async makeDirectory(path, call) {
      const place = callOf("makeDirectory", path, call?.signal);
      throwIfCancelled(info, place);
      await requireRoot(context, place);
      if ((await findFile(context, place))?.kind === "file") {
        throw storeError(info, { ...place, kind: "AlreadyExists", state: "there is an object" });
      }
      await ask(context, place, { method: "PUT", op: "MKDIRS", file: fileOf(context, place.path) });
    },
    async close() {
      closeConnections(context);
    },
  };
}
