import { HeadBucketCommand, HeadObjectCommand, type HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { isKind } from "../../../errors.ts";
import { decodeHeaderValue } from "../../http/header_value.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { ObjectMeta } from "../../store.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { statusOf } from "./s3_error.ts";
import { decodeMetadata } from "./s3_metadata.ts";

/** What the service says of the object at `path`, unless its tag is not `ifMatch`. */
export async function headObject(
  context: S3Context,
  call: HttpCall & { readonly path: string; readonly ifMatch?: string | undefined },
): Promise<ObjectMeta> {
  const { ifMatch, ...rest } = call;
  const { path, key } = placeOf(context, call);
  const input = {
    ...context.bucket,
    ...context.customerKey,
    Key: key,
    ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
  };
  try {
    const head = await request(context, { ...rest, path }, (options) =>
      context.client.send(new HeadObjectCommand(input), options),
    );
    return metaOf(path, head);
  } catch (error) {
    // The answer to HEAD has no body: it does not say whether the object or the bucket is missing.
    if (isKind(error, "NotFound")) await requireBucket(context, { ...rest, path });
    throw error;
  }
}

/** What is at `path`, if anything. */
export async function findObject(
  context: S3Context,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  try {
    return await headObject(context, call);
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Throws `Unreachable` when the service is sure that there is no such bucket. */
async function requireBucket(context: S3Context, call: HttpCall): Promise<void> {
  await request(context, call, (options) =>
    context.client.send(new HeadBucketCommand(context.bucket), options).catch((failure: unknown) => {
      if (statusOf(failure) === 404)
        throw Object.assign(new Error("no such bucket"), { name: "NoSuchBucket" });
    }),
  );
}

function metaOf(path: string, head: HeadObjectCommandOutput): ObjectMeta {
  return {
    path,
    kind: "file",
    ...(head.ContentLength === undefined ? {} : { size: head.ContentLength }),
    ...(head.LastModified === undefined ? {} : { modifiedAt: head.LastModified }),
    ...(head.ETag ? { etag: head.ETag } : {}),
    ...(head.ContentType === undefined ? {} : { contentType: decodeHeaderValue(head.ContentType) }),
    ...(head.ContentDisposition ? { contentDisposition: head.ContentDisposition } : {}),
    ...(head.StorageClass === undefined ? {} : { storageClass: head.StorageClass }),
    ...encryptionOf(head),
    metadata: decodeMetadata(head.Metadata ?? {}),
  };
}

function encryptionOf(head: HeadObjectCommandOutput): Pick<ObjectMeta, "encryption"> {
  const { ServerSideEncryption: kind, SSEKMSKeyId: key, SSECustomerAlgorithm: customer } = head;
  if (customer) return { encryption: `customer key ${customer}` };
  return kind ? { encryption: key ? `${kind} ${key}` : kind } : {};
}
