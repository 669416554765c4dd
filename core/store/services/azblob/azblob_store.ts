import { isKind } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { discard } from "../../http/http_client.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, FetchOptions, MultipartStep, Store } from "../../store.ts";
import { appendBlob } from "./azblob_append.ts";
import { azblobContext, NAME_CHARACTERS_MAX, placeOf, request } from "./azblob_context.ts";
import { copyBlob } from "./azblob_copy.ts";
import { fetchBlob } from "./azblob_fetch.ts";
import { listBlobs } from "./azblob_list.ts";
import { headBlob } from "./azblob_meta.ts";
import { azblobMultipart } from "./azblob_multipart.ts";
import type { AzblobOptions } from "./azblob_options.ts";
import { readBlob } from "./azblob_read.ts";
import { signBlob, signBlocks } from "./azblob_sign.ts";
import { BLOCKS_MAX } from "./azblob_upload.ts";
import { BLOCK_BYTES_MAX, writeBlob } from "./azblob_write.ts";

/** Opens the container that the connection names. Makes no request. */
export async function openAzblobStore(
  connection: Connection,
  source: { readonly options: AzblobOptions; readonly context: OpenContext },
): Promise<Store> {
  const context = await azblobContext(connection, source);
  const signs = context.credential.kind === "key";
  const capabilities: Capabilities = {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    writeIfAbsent: true,
    userMetadata: true,
    contentType: true,
    contentDisposition: true,
    caseSensitive: true,
    // The service sorts, but does not say by what: names outside of ASCII may come in another order.
    listSorted: false,
    copy: true,
    append: true,
    storageClass: true,
    checksums: ["md5"],
    multipart: true,
    sign: signs,
    signMultipart: signs,
    fetch: source.options.put_from_url,
    pathBytesMax: NAME_CHARACTERS_MAX,
    nameBytesMax: NAME_CHARACTERS_MAX,
    objectBytesMax: BLOCKS_MAX * BLOCK_BYTES_MAX,
  };
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      const place = placeOf(context, { operation: "stat", path });
      const call = { operation: "stat", path: place.path, signal: options?.signal };
      const { blobType: _, copyStatus: __, ...meta } = await headBlob(context, call, place);
      return meta;
    },
    read: (path, options = {}) => readBlob(context, path, options),
    write: (path, body, options = {}) => writeBlob(context, path, { ...options, body }),
    append: (path, body, options = {}) => appendBlob(context, path, { ...options, body }),
    async remove(path, options) {
      const place = placeOf(context, { operation: "remove", path });
      const call = { operation: "remove", path: place.path, signal: options?.signal };
      try {
        const headers = { "x-ms-delete-snapshots": "include" };
        discard(await request(context, call, { method: "DELETE", blob: place.blob, headers }));
      } catch (error) {
        if (!isKind(error, "NotFound")) throw error;
      }
    },
    list: (prefix, options = {}) => listBlobs(context, prefix, options),
    copy: (from, to, options = {}) => copyBlob(context, { source: from, target: to }, options),
    multipart: (path, options = {}) => azblobMultipart(context, path, options),
    ...(capabilities.fetch
      ? {
          fetch: (path: string, url: string, options?: FetchOptions) =>
            fetchBlob(context, path, { ...options, url }),
        }
      : {}),
    ...(signs
      ? {
          sign: async (operation: "read" | "write" | "remove", path: string, options: SignOptions) =>
            signBlob(context, path, { ...options, operation }),
          signMultipart: async (path: string, step: MultipartStep, options: SignOptions) =>
            signBlocks(context, path, { ...options, step }),
        }
      : {}),
    async close() {
      context.client.close();
    },
  };
}

type SignOptions = Parameters<NonNullable<Store["sign"]>>[2];
