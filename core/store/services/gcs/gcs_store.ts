import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, Store } from "../../store.ts";
import { gcsContext, NAME_BYTES_MAX, placeOf } from "./gcs_context.ts";
import { appendObject, copyObject, removeObject } from "./gcs_join.ts";
import { listObjects } from "./gcs_list.ts";
import type { GcsOptions } from "./gcs_options.ts";
import { readObject } from "./gcs_read.ts";
import { signRequest } from "./gcs_sign.ts";
import { statObject } from "./gcs_stat.ts";
import { writeObject } from "./gcs_write.ts";

/** Opens the bucket that the connection names. Makes no request. */
export async function openGcsStore(
  connection: Connection,
  source: { readonly options: GcsOptions; readonly environment: OpenContext["environment"] },
): Promise<Store> {
  const context = await gcsContext(connection, source);
  const { key } = context;
  const capabilities: Capabilities = {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    writeIfAbsent: true,
    userMetadata: true,
    contentType: true,
    contentDisposition: true,
    caseSensitive: true,
    // The service sorts, but names with control characters are encoded.
    listSorted: false,
    copy: true,
    append: true,
    storageClass: true,
    sign: key.kind === "service account",
    pathBytesMax: NAME_BYTES_MAX,
    nameBytesMax: NAME_BYTES_MAX,
    objectBytesMax: 5 * 1024 ** 4,
  };
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      const place = placeOf(context, { operation: "stat", path });
      return await statObject(
        context,
        { operation: "stat", path: place.path, signal: options?.signal },
        place,
      );
    },
    read: (path, options = {}) => readObject(context, path, options),
    write: (path, body, options = {}) => writeObject(context, path, { ...options, body }),
    append: (path, body, options = {}) => appendObject(context, path, { ...options, body }),
    async remove(path, options) {
      const place = placeOf(context, { operation: "remove", path });
      await removeObject(context, { operation: "remove", path: place.path, signal: options?.signal }, place);
    },
    list: (prefix, options = {}) => listObjects(context, prefix, options),
    copy: (from, to, options = {}) => copyObject(context, { source: from, target: to }, options),
    ...(key.kind === "service account"
      ? {
          sign: async (operation, path, options) =>
            signRequest(context, path, { ...options, operation, key }),
        }
      : {}),
    async close() {
      context.client.close();
      context.tokens.close();
    },
  };
}
