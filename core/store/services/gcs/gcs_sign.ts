import { createHash, sign } from "node:crypto";
import type { GoogleKey } from "../../google/google_key.ts";
import { percentEncode } from "../../http/header_value.ts";
import type { SignedRequest } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type GcsContext, placeOf } from "./gcs_context.ts";

const EXPIRY_SECONDS_MAX = 7 * 24 * 3600;
const METHODS = { read: "GET", write: "PUT", remove: "DELETE" } as const;

/** Signs a request that reads, writes or removes an object without credentials. Talks to nobody. With `size` a write must have just that length.
 *  Source: Google Cloud documentation, "V4 signing process with your own program". */
export function signRequest(
  context: GcsContext,
  at: string,
  wanted: {
    readonly operation: keyof typeof METHODS;
    readonly expiresInSeconds: number;
    readonly size?: number;
    readonly key: Extract<GoogleKey, { readonly kind: "service account" }>;
  },
): SignedRequest {
  const { operation, expiresInSeconds, size, key } = wanted;
  const place = placeOf(context, { operation: "sign", path: at });
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= EXPIRY_SECONDS_MAX)) {
    const state = `a signature lasts from 1 to ${EXPIRY_SECONDS_MAX} seconds`;
    throw storeError(context.info, { kind: "Usage", operation: "sign", path: place.path, state });
  }
  const method = METHODS[operation];
  const now = new Date();
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const { protocol, host, port } = context.options.endpoint;
  const usual = port === (protocol === "https" ? 443 : 80);
  const headers: Record<string, string> =
    operation === "write" && size !== undefined ? { "x-goog-content-length-range": `${size},${size}` } : {};
  const signedHeaders: Record<string, string> = { host: usual ? host : `${host}:${port}`, ...headers };
  const names = Object.keys(signedHeaders).sort();
  const path = `/${[context.info.name, ...place.name.split("/")].map(strict).join("/")}`;
  const query = Object.entries({
    "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
    "X-Goog-Credential": `${key.email}/${scope}`,
    "X-Goog-Date": time,
    "X-Goog-Expires": String(Math.floor(expiresInSeconds)),
    "X-Goog-SignedHeaders": names.join(";"),
  })
    .map(([name, value]) => `${name}=${strict(value)}`)
    .join("&");
  const canonical = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${signedHeaders[name]}`),
    "",
    names.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["GOOG4-RSA-SHA256", time, scope, digest].join("\n");
  const signature = sign("sha256", Buffer.from(text), key.privateKey).toString("hex");
  return {
    method,
    url: `${protocol}://${signedHeaders["host"]}${path}?${query}&X-Goog-Signature=${signature}`,
    headers,
    expiresAt: new Date(now.getTime() + Math.floor(expiresInSeconds) * 1000),
  };
}

function strict(text: string): string {
  return percentEncode(text, /[A-Za-z0-9._~-]/).replace(/%[0-9a-f]{2}/g, (code) => code.toUpperCase());
}
