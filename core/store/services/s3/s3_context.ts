import type { S3Client } from "@aws-sdk/client-s3";
import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { s3Client } from "./s3_client.ts";
import { s3Error } from "./s3_error.ts";
import type { S3Options } from "./s3_options.ts";

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
  /** Members of requests that are the same for all: the bucket and its owner. */
  readonly bucket: { readonly Bucket: string; readonly ExpectedBucketOwner?: string };
  /** Members of requests that read or write bytes under a customer's key. */
  readonly customerKey: { readonly SSECustomerAlgorithm?: string; readonly SSECustomerKey?: string };
  /** Members of requests that make a new object: class and encryption, {@link customerKey} included. */
  readonly newObject: NewObjectInput;
}

type NewObjectInput = S3Context["customerKey"] & {
  readonly StorageClass?: StorageClass;
  readonly ServerSideEncryption?: ServerSideEncryption;
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
};
type PutObjectInput = import("@aws-sdk/client-s3").PutObjectCommandInput;
/** A storage class. The service judges the words: new classes appear more often than versions of jcs. */
export type StorageClass = NonNullable<PutObjectInput["StorageClass"]>;
type ServerSideEncryption = NonNullable<PutObjectInput["ServerSideEncryption"]>;

/** A path in its one spelling, and the key that it has in the bucket. */
export interface Place {
  readonly path: string;
  readonly key: string;
}

/** Checks the options against each other and makes the client. Talks to nobody. */
export async function s3Context(
  connection: Connection,
  { options, context }: { readonly options: S3Options; readonly context: OpenContext },
): Promise<S3Context> {
  const { service, name, workDirectory, space } = connection;
  if (name === "") throw refused("the bucket is missing; write s3://BUCKET");
  if (options.part_size < PART_BYTES_MIN) throw refused('option "part_size" must be 5MiB or more');
  if (options.part_concurrency < 1) throw refused('option "part_concurrency" must be 1 or more');
  if (options.list_version !== 1 && options.list_version !== 2) {
    throw refused('option "list_version" must be 1 or 2');
  }
  const owner = options.expected_bucket_owner;
  const customerKey = customerKeyOf(options);
  return {
    info: {
      service,
      name,
      workDirectory,
      space,
      heldBytesMax: Math.max(options.multipart_threshold, (options.part_concurrency + 1) * options.part_size),
    },
    options,
    client: await s3Client(options, context),
    keyPrefix: workDirectory.slice(1),
    bucket: { Bucket: name, ...(owner === undefined ? {} : { ExpectedBucketOwner: owner }) },
    customerKey,
    newObject: {
      ...customerKey,
      // The service judges the words: new classes appear more often than versions of jcs.
      ...(options.storage_class === undefined ? {} : { StorageClass: options.storage_class as StorageClass }),
      ...(options.server_side_encryption === undefined
        ? {}
        : { ServerSideEncryption: options.server_side_encryption as ServerSideEncryption }),
      ...(options.sse_kms_key_id === undefined ? {} : { SSEKMSKeyId: options.sse_kms_key_id }),
      ...(options.sse_bucket_key === undefined ? {} : { BucketKeyEnabled: options.sse_bucket_key }),
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

/** Makes one request and turns its failure into a `JcsError`. */
export async function request<T>(
  context: S3Context,
  call: HttpCall,
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  try {
    return await send(call.signal === undefined ? {} : { abortSignal: call.signal });
  } catch (failure) {
    throw s3Error(context.info, call, failure);
  }
}

function customerKeyOf(options: S3Options): S3Context["customerKey"] {
  const text = options.sse_customer_key;
  if (text === undefined) return {};
  const key = Buffer.from(text, "base64");
  if (key.length !== 32) throw refused('option "sse_customer_key" must be 32 bytes in base64');
  return { SSECustomerAlgorithm: options.sse_customer_algorithm, SSECustomerKey: key.toString("base64") };
}

function refused(state: string): JcsError {
  return new JcsError("Usage", `Cannot open a space of service "s3": ${state}`);
}
