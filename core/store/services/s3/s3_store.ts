import { isKind } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { discard } from "../../http/http_client.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, MultipartStep, Store } from "../../store.ts";
import { KEY_BYTES_MAX, placeOf, request, s3Context } from "./s3_context.ts";
import { copyObject } from "./s3_copy.ts";
import { listObjects } from "./s3_list.ts";
import { s3Multipart } from "./s3_multipart.ts";
import type { S3Options } from "./s3_options.ts";
import { readObject } from "./s3_read.ts";
import { signRequest, signUpload } from "./s3_sign.ts";
import { headObject } from "./s3_stat.ts";
import { writeObject } from "./s3_write.ts";

const PART_BYTES_MAX = 5 * 1024 ** 3;

/** Opens the bucket that the connection names. Makes no request. */
export async function openS3Store(
  connection: Connection,
  source: { readonly options: S3Options; readonly context: OpenContext },
): Promise<Store> {
  const context = s3Context(connection, source);
  const capabilities: Capabilities = {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    writeIfAbsent: source.options.conditional_writes,
    userMetadata: true,
    contentType: true,
    contentDisposition: true,
    caseSensitive: true,
    listSorted: true,
    copy: true,
    storageClass: true,
    checksums: ["md5", "crc32", "sha256"],
    multipart: true,
    sign: !source.options.anonymous,
    signMultipart: !source.options.anonymous,
    pathBytesMax: KEY_BYTES_MAX,
    nameBytesMax: KEY_BYTES_MAX,
    objectBytesMax: 10_000 * PART_BYTES_MAX,
  };
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    stat: (path, options) => headObject(context, { operation: "stat", path, signal: options?.signal }),
    read: (path, options = {}) => readObject(context, path, options),
    write: (path, body, options = {}) => writeObject(context, path, { ...options, body }),
    async remove(path, options) {
      const place = placeOf(context, { operation: "remove", path });
      const call = { operation: "remove", path: place.path, signal: options?.signal };
      try {
        await request(context, call, { method: "DELETE", key: place.key, take: discard });
      } catch (error) {
        if (!isKind(error, "NotFound")) throw error;
      }
    },
    list: (prefix, options = {}) => listObjects(context, prefix, options),
    copy: (from, to, options = {}) => copyObject(context, { source: from, target: to }, options),
    multipart: (path, options = {}) => s3Multipart(context, path, options),
    ...(source.options.anonymous
      ? {}
      : {
          sign: (operation: "read" | "write" | "remove", path: string, options: SignOptions) =>
            signRequest(context, path, { ...options, operation }),
          signMultipart: (path: string, step: MultipartStep, options: SignOptions) =>
            signUpload(context, path, { ...options, step }),
        }),
    async close() {
      context.client.close();
    },
  };
}

type SignOptions = Parameters<NonNullable<Store["sign"]>>[2];
