import { createHmac } from "node:crypto";
import type { MultipartStep, SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type AzblobContext, addressOf, placeOf } from "./azblob_context.ts";
import { newObjectHeaders } from "./azblob_meta.ts";
import { BLOCKS_MAX, blockId, blockList } from "./azblob_upload.ts";

const SAS_VERSION = "2020-12-06";
const EXPIRY_SECONDS_MAX = 365 * 24 * 3600;
const PERMISSIONS = { read: "r", write: "cw", remove: "d" } as const;
const METHODS = { read: "GET", write: "PUT", remove: "DELETE" } as const;

/** Signs a request for one blob with the account's key: a service SAS. Talks to nobody. The service cannot be told what length a write must have.
 *  Source: Azure documentation, "Create a service SAS", version 2020-12-06. */
export function signBlob(
  context: AzblobContext,
  at: string,
  options: { readonly operation: "read" | "write" | "remove"; readonly expiresInSeconds: number },
): SignedRequest {
  const { operation } = options;
  const { url, expiresAt } = signedAddress(context, at, {
    ...options,
    permissions: PERMISSIONS[operation],
  });
  return {
    method: METHODS[operation],
    url,
    headers: operation === "write" ? { "x-ms-blob-type": "BlockBlob", ...newObjectHeaders(context, {}) } : {},
    expiresAt,
  };
}

/** Signs one request of an upload in blocks. Nothing begins or ends one on the service, and its id is only a part of the ids of blocks. */
export function signBlocks(
  context: AzblobContext,
  at: string,
  upload: { readonly step: MultipartStep; readonly expiresInSeconds: number },
): SignedRequest | undefined {
  const { step, expiresInSeconds } = upload;
  const permissions = step.step === "list" ? PERMISSIONS.read : PERMISSIONS.write;
  const { path, url, expiresAt } = signedAddress(context, at, { permissions, expiresInSeconds });
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: "sign", path, state });
  if (step.step === "create" || step.step === "abort") return undefined;
  if (!/^[0-9a-f]{32}$/.test(step.uploadId)) {
    throw refuse("the id of an upload is 32 hexadecimal digits");
  }
  const idOf = (number: number) => {
    if (Number.isInteger(number) && number >= 1 && number <= BLOCKS_MAX)
      return blockId(step.uploadId, number);
    throw refuse(`no part can have number ${number}`);
  };
  switch (step.step) {
    case "part": {
      const query = `comp=block&blockid=${encodeURIComponent(idOf(step.number))}`;
      return { method: "PUT", url: `${url}&${query}`, headers: {}, expiresAt };
    }
    case "list":
      return { method: "GET", url: `${url}&comp=blocklist&blocklisttype=all`, headers: {}, expiresAt };
    case "complete": {
      const headers = { "content-type": "application/xml", ...newObjectHeaders(context, {}) };
      const body = blockList(step.numbers.toSorted((left, right) => left - right).map(idOf));
      return { method: "PUT", url: `${url}&comp=blocklist`, headers, body, expiresAt };
    }
  }
}

/** The address of a blob with a signature for these permissions. */
function signedAddress(
  context: AzblobContext,
  at: string,
  { permissions, expiresInSeconds }: { readonly permissions: string; readonly expiresInSeconds: number },
): { readonly path: string; readonly url: string; readonly expiresAt: Date } {
  const { info, credential } = context;
  const { path, blob } = placeOf(context, { operation: "sign", path: at });
  const refuse = (kind: "Usage" | "Unsupported", state: string) =>
    storeError(info, { kind, operation: "sign", path, state });
  if (credential.kind !== "key") throw refuse("Unsupported", "only the account's key can sign");
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= EXPIRY_SECONDS_MAX)) {
    throw refuse("Usage", `a signature lasts from 1 to ${EXPIRY_SECONDS_MAX} seconds`);
  }
  const expiresAt = new Date(Math.floor(Date.now() / 1000 + expiresInSeconds) * 1000);
  const expiry = `${expiresAt.toISOString().slice(0, 19)}Z`;
  const { protocol } = context.client.endpoint;
  const protocols = protocol === "https" ? "https" : "https,http";
  const resource = `/blob/${credential.account}/${info.name}/${blob}`;
  const text = [
    ...[permissions, "", expiry, resource, "", "", protocols, SAS_VERSION, "b"],
    // Snapshot, encryption scope, and the five headers that an answer could be made to have.
    ...["", "", "", "", "", "", ""],
  ].join("\n");
  const query = new URLSearchParams({
    sv: SAS_VERSION,
    spr: protocols,
    se: expiry,
    sr: "b",
    sp: permissions,
    sig: createHmac("sha256", credential.key).update(text).digest("base64"),
  });
  return { path, url: `${addressOf(context, blob)}?${query}`, expiresAt };
}
