import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";

const EXPIRY_SECONDS_MAX = 7 * 24 * 3600;

/** Signs a request that reads, writes or removes an object without credentials. Talks to nobody.
 *
 *  With `size` a write must have just that length. A store with a customer's key signs nothing: whoever made the request would
 *  have to know the key. */
export async function signRequest(
  context: S3Context,
  at: string,
  options: {
    readonly operation: "read" | "write" | "remove";
    readonly expiresInSeconds: number;
    readonly size?: number;
  },
): Promise<SignedRequest> {
  const { operation, expiresInSeconds, size } = options;
  const { path, key } = placeOf(context, { operation: "sign", path: at });
  const refuse = (kind: "Usage" | "Unsupported", state: string) =>
    storeError(context.info, { kind, operation: "sign", path, state });
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= EXPIRY_SECONDS_MAX)) {
    throw refuse("Usage", `a signature lasts from 1 to ${EXPIRY_SECONDS_MAX} seconds`);
  }
  if (operation !== "remove" && context.customerKey.SSECustomerKey !== undefined) {
    throw refuse("Unsupported", "the request would have to hold sse_customer_key");
  }
  const { client, bucket } = context;
  const target = { ...bucket, Key: key };
  const headers: Record<string, string> = {};
  if (operation === "write") {
    const { StorageClass, ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = context.newObject;
    if (size !== undefined) headers["content-length"] = String(size);
    if (StorageClass !== undefined) headers["x-amz-storage-class"] = StorageClass;
    if (ServerSideEncryption !== undefined) headers["x-amz-server-side-encryption"] = ServerSideEncryption;
    if (SSEKMSKeyId !== undefined) headers["x-amz-server-side-encryption-aws-kms-key-id"] = SSEKMSKeyId;
    if (BucketKeyEnabled !== undefined) {
      headers["x-amz-server-side-encryption-bucket-key-enabled"] = String(BucketKeyEnabled);
    }
  }
  if (bucket.ExpectedBucketOwner !== undefined)
    headers["x-amz-expected-bucket-owner"] = bucket.ExpectedBucketOwner;
  const names = new Set(Object.keys(headers));
  const signing = {
    expiresIn: Math.floor(expiresInSeconds),
    unhoistableHeaders: names,
    unsignableHeaders: new Set<string>(),
    signableHeaders: new Set([...names, "host"]),
  };
  const expiresAt = new Date(Date.now() + signing.expiresIn * 1000);
  const url = await request(context, { operation: "sign", path }, () => {
    if (operation === "read") return getSignedUrl(client, new GetObjectCommand(target), signing);
    if (operation === "remove") return getSignedUrl(client, new DeleteObjectCommand(target), signing);
    const length = size === undefined ? {} : { ContentLength: size };
    return getSignedUrl(
      client,
      new PutObjectCommand({ ...target, ...context.newObject, ...length }),
      signing,
    );
  });
  const methods = { read: "GET", write: "PUT", remove: "DELETE" } as const;
  return { method: methods[operation], url, headers, expiresAt };
}
