import { createHmac } from "node:crypto";
import type { SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type AzblobContext, addressOf, placeOf } from "./azblob_context.ts";
import { newObjectHeaders } from "./azblob_meta.ts";

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
  const { operation, expiresInSeconds } = options;
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
  const permissions = PERMISSIONS[operation];
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
  return {
    method: METHODS[operation],
    url: `${addressOf(context, blob)}?${query}`,
    headers: operation === "write" ? { "x-ms-blob-type": "BlockBlob", ...newObjectHeaders(context, {}) } : {},
    expiresAt,
  };
}
