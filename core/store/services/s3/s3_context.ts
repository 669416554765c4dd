import { createHash } from "node:crypto";
import type { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type S3Client, type S3Headers, s3Client } from "./s3_client.ts";
import { s3Error } from "./s3_error.ts";
import { type S3Options, unusable } from "./s3_options.ts";
import { S3Refusal } from "./s3_refusal.ts";

/** Longest key in UTF-8 bytes. */
export const KEY_BYTES_MAX = 1024;
const PART_BYTES_MIN = 5 * 1024 * 1024;

/** What every operation of one store works with. */
export interface S3Context {
  readonly info: StoreInfo;
  readonly options: S3Options;
  readonly client: S3Client;
  /** What stands before the paths in keys: empty or ending with `/`. */
  readonly keyPrefix: string;
  /** Headers of all requests. */
  readonly always: S3Headers;
  /** Headers of requests that read or write bytes under a customer's key. */
  readonly customerKey: S3Headers;
  /** Headers of requests that make a new object: class and encryption, {@link customerKey} included. */
  readonly newObject: S3Headers;
}

/** A path in its one spelling, and the key that it has in the bucket. */
export interface Place {
  readonly path: string;
  readonly key: string;
}

/** Checks the options against each other and makes the client. Talks to nobody. */
export function s3Context(
  connection: Connection,
  { options, context }: { readonly options: S3Options; readonly context: OpenContext },
): S3Context {
  const { service, name, workDirectory, space } = connection;
  if (name === "") throw unusable("the bucket is missing; write s3://BUCKET");
  if (options.part_size < PART_BYTES_MIN) throw unusable('option "part_size" must be 5MiB or more');
  if (options.part_concurrency < 1) throw unusable('option "part_concurrency" must be 1 or more');
  if (options.list_version !== 1 && options.list_version !== 2) {
    throw unusable('option "list_version" must be 1 or 2');
  }
  const customerKey = customerKeyHeaders(options);
  const encryption = "x-amz-server-side-encryption";
  const bucketKey = options.sse_bucket_key;
  return {
    info: {
      service,
      name,
      workDirectory,
      space,
      heldBytesMax: Math.max(options.multipart_threshold, (options.part_concurrency + 1) * options.part_size),
    },
    options,
    client: s3Client(name, options, context),
    keyPrefix: workDirectory.slice(1),
    always: { "x-amz-expected-bucket-owner": options.expected_bucket_owner },
    customerKey,
    newObject: {
      ...customerKey,
      "x-amz-storage-class": options.storage_class,
      [encryption]: options.server_side_encryption,
      [`${encryption}-aws-kms-key-id`]: options.sse_kms_key_id,
      [`${encryption}-bucket-key-enabled`]: bucketKey === undefined ? undefined : String(bucketKey),
    },
  };
}

/** Where `path` lies. `Usage` when there can be no such object. */
export function placeOf(
  context: S3Context,
  call: { readonly operation: string; readonly path: string },
): Place {
  const path = normalizePath(call.path, context.info.workDirectory);
  const key = context.keyPrefix + path;
  if (Buffer.byteLength(key) <= KEY_BYTES_MAX) return { path, key };
  const state = `the path is longer than ${KEY_BYTES_MAX} bytes`;
  throw storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
}

/** Makes one request, with the headers of all, and gives what `take` makes of its answer; every failure becomes a `JcsError`: the one that `refused` makes of it, if
 *  any. */
export async function request<T>(
  context: S3Context,
  call: HttpCall,
  sent: Parameters<S3Client["send"]>[0] & {
    readonly take: (answer: HttpAnswer) => Promise<T> | T;
    readonly refused?: (refusal: S3Refusal) => JcsError | undefined;
  },
): Promise<T> {
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  const { take, refused, headers, ...rest } = sent;
  try {
    const answer = await context.client.send({
      ...rest,
      headers: { ...headers, ...context.always },
      signal: call.signal,
    });
    return await take(answer);
  } catch (failure) {
    const meant = failure instanceof S3Refusal ? refused?.(failure) : undefined;
    throw meant ?? s3Error(context.info, call, failure);
  }
}

/** The headers that come with a customer's key, of the object itself or of the `source` of a copy. */
export function customerKeyHeaders(options: S3Options, source = ""): S3Headers {
  const text = options.sse_customer_key;
  if (text === undefined) return {};
  const key = Buffer.from(text, "base64");
  if (key.length !== 32) throw unusable('option "sse_customer_key" must be 32 bytes in base64');
  const prefix = `x-amz-${source}server-side-encryption-customer-`;
  return {
    [`${prefix}algorithm`]: options.sse_customer_algorithm,
    [`${prefix}key`]: key.toString("base64"),
    [`${prefix}key-md5`]: createHash("md5").update(key).digest("base64"),
  };
}
