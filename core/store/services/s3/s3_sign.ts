import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { MultipartStep, SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { PARTS_MAX } from "./s3_upload.ts";

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
  const { operation, size } = options;
  const signer = signerOf(context, at, { ...options, encrypts: operation !== "remove" });
  const { target, client } = signer;
  if (operation === "read")
    return await signer.sign("GET", (how) => getSignedUrl(client, new GetObjectCommand(target), how));
  if (operation === "remove")
    return await signer.sign("DELETE", (how) => getSignedUrl(client, new DeleteObjectCommand(target), how));
  const length = size === undefined ? {} : { ContentLength: size };
  const command = new PutObjectCommand({ ...target, ...context.newObject, ...length });
  const headers = { ...newObjectHeaders(context), ...lengthHeader(size) };
  return await signer.sign("PUT", (how) => getSignedUrl(client, command, how), headers);
}

/** Signs one request of an upload in parts. Talks to nobody. */
export async function signUpload(
  context: S3Context,
  at: string,
  upload: { readonly step: MultipartStep; readonly expiresInSeconds: number },
): Promise<SignedRequest> {
  const { step } = upload;
  const signer = signerOf(context, at, { ...upload, encrypts: true });
  const { client } = signer;
  if (step.step === "create") {
    const command = new CreateMultipartUploadCommand({ ...signer.target, ...context.newObject });
    const headers = newObjectHeaders(context);
    return await signer.sign("POST", (how) => getSignedUrl(client, command, how), headers);
  }
  const target = { ...signer.target, UploadId: step.uploadId };
  if (step.uploadId === "") throw signer.refuse("Usage", "the id of the upload is missing");
  switch (step.step) {
    case "part": {
      const { number, size } = step;
      if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX) {
        throw signer.refuse("Usage", `no part can have number ${number}`);
      }
      const length = size === undefined ? {} : { ContentLength: size };
      const command = new UploadPartCommand({ ...target, PartNumber: number, ...length });
      return await signer.sign("PUT", (how) => getSignedUrl(client, command, how), lengthHeader(size));
    }
    case "list":
      return await signer.sign("GET", (how) => getSignedUrl(client, new ListPartsCommand(target), how));
    case "complete": {
      const parts = step.numbers
        .toSorted((left, right) => left - right)
        .map((number) => `<Part><PartNumber>${number}</PartNumber><ETag>{etag:${number}}</ETag></Part>`);
      const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
      return {
        ...(await signer.sign("POST", (how) =>
          getSignedUrl(client, new CompleteMultipartUploadCommand(target), how),
        )),
        body,
      };
    }
    case "abort":
      return await signer.sign("DELETE", (how) =>
        getSignedUrl(client, new AbortMultipartUploadCommand(target), how),
      );
  }
}

type Signing = NonNullable<Parameters<typeof getSignedUrl>[2]>;

/** What signs requests for one object. `encrypts`: they would need the customer's key, where there is one. */
function signerOf(
  context: S3Context,
  at: string,
  options: { readonly expiresInSeconds: number; readonly encrypts: boolean },
) {
  const { expiresInSeconds } = options;
  const { path, key } = placeOf(context, { operation: "sign", path: at });
  const refuse = (kind: "Usage" | "Unsupported", state: string) =>
    storeError(context.info, { kind, operation: "sign", path, state });
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= EXPIRY_SECONDS_MAX)) {
    throw refuse("Usage", `a signature lasts from 1 to ${EXPIRY_SECONDS_MAX} seconds`);
  }
  if (options.encrypts && context.customerKey.SSECustomerKey !== undefined) {
    throw refuse("Unsupported", "the request would have to hold sse_customer_key");
  }
  const { client, bucket } = context;
  const owner = bucket.ExpectedBucketOwner;
  return {
    client,
    target: { ...bucket, Key: key },
    refuse,
    async sign(
      method: string,
      presign: (how: Signing) => Promise<string>,
      own: Readonly<Record<string, string>> = {},
    ): Promise<SignedRequest> {
      const headers = { ...own, ...(owner === undefined ? {} : { "x-amz-expected-bucket-owner": owner }) };
      const names = new Set(Object.keys(headers));
      const signing = {
        expiresIn: Math.floor(expiresInSeconds),
        unhoistableHeaders: names,
        unsignableHeaders: new Set<string>(),
        signableHeaders: new Set([...names, "host"]),
      };
      const expiresAt = new Date(Date.now() + signing.expiresIn * 1000);
      const url = await request(context, { operation: "sign", path }, () => presign(signing));
      return { method, url, headers, expiresAt };
    },
  };
}

function lengthHeader(size: number | undefined): Readonly<Record<string, string>> {
  return size === undefined ? {} : { "content-length": String(size) };
}

/** The headers that say how a new object is kept. */
function newObjectHeaders({ newObject }: S3Context): Readonly<Record<string, string>> {
  const { StorageClass, ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = newObject;
  const encryption = "x-amz-server-side-encryption";
  return {
    ...(StorageClass === undefined ? {} : { "x-amz-storage-class": StorageClass }),
    ...(ServerSideEncryption === undefined ? {} : { [encryption]: ServerSideEncryption }),
    ...(SSEKMSKeyId === undefined ? {} : { [`${encryption}-aws-kms-key-id`]: SSEKMSKeyId }),
    ...(BucketKeyEnabled === undefined
      ? {}
      : { [`${encryption}-bucket-key-enabled`]: String(BucketKeyEnabled) }),
  };
}
