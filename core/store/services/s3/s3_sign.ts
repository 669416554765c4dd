import type { MultipartStep, SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { present, type S3Headers, type S3Request } from "./s3_client.ts";
import { placeOf, type S3Context } from "./s3_context.ts";
import { s3Error } from "./s3_error.ts";
import { completeXml, PARTS_MAX } from "./s3_upload.ts";

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
  if (operation === "read") return await signer.sign({ method: "GET" });
  if (operation === "remove") return await signer.sign({ method: "DELETE" });
  return await signer.sign({ method: "PUT", headers: { ...context.newObject, ...lengthHeader(size) } });
}

/** Signs one request of an upload in parts. Talks to nobody. */
export async function signUpload(
  context: S3Context,
  at: string,
  upload: { readonly step: MultipartStep; readonly expiresInSeconds: number },
): Promise<SignedRequest> {
  const { step } = upload;
  const signer = signerOf(context, at, { ...upload, encrypts: true });
  if (step.step === "create") {
    return await signer.sign({ method: "POST", query: { uploads: "" }, headers: context.newObject });
  }
  const { uploadId } = step;
  if (uploadId === "") throw signer.refuse("Usage", "the id of the upload is missing");
  switch (step.step) {
    case "part": {
      const { number, size } = step;
      if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX) {
        throw signer.refuse("Usage", `no part can have number ${number}`);
      }
      const query = { partNumber: String(number), uploadId };
      return await signer.sign({ method: "PUT", query, headers: lengthHeader(size) });
    }
    case "list":
      return await signer.sign({ method: "GET", query: { uploadId } });
    case "complete": {
      const parts = step.numbers
        .toSorted((left, right) => left - right)
        .map((number) => ({ number, etag: `{etag:${number}}` }));
      return { ...(await signer.sign({ method: "POST", query: { uploadId } })), body: completeXml(parts) };
    }
    case "abort":
      return await signer.sign({ method: "DELETE", query: { uploadId } });
  }
}

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
  if (options.encrypts && context.options.sse_customer_key !== undefined) {
    throw refuse("Unsupported", "the request would have to hold sse_customer_key");
  }
  const seconds = Math.floor(expiresInSeconds);
  return {
    refuse,
    async sign(request: Omit<S3Request, "key">): Promise<SignedRequest> {
      const headers = present({ ...request.headers, ...context.always });
      const expiresAt = new Date(Date.now() + seconds * 1000);
      try {
        const url = await context.client.presign({ ...request, key, headers }, { expiresInSeconds: seconds });
        return { method: request.method, url, headers, expiresAt };
      } catch (failure) {
        throw s3Error(context.info, { operation: "sign", path }, failure);
      }
    },
  };
}

function lengthHeader(size: number | undefined): S3Headers {
  return { "content-length": size === undefined ? undefined : String(size) };
}
