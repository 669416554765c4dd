import { sign } from "node:crypto";
import { type HttpClient, httpClient } from "../../http/http_client.ts";
import { answerError, exchangeError } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import { parseOptionValue } from "../../option_value.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { GoogleKey } from "./google_key.ts";

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const LIFETIME_SECONDS = 3600;
/** A token is replaced so long before it expires. */
const MARGIN_MS = 60_000;
const TOKEN_TIMEOUT_MS = 30_000;

/** Gives requests their header `Authorization`. */
export interface GoogleTokens {
  /** The header, with a token that is good for a while; fetched when there is none. `undefined` where requests have none. */
  authorization(call: { readonly operation: string }): Promise<string | undefined>;
  /** Says that the service refused this header; whether another one may help. */
  refused(header: string | undefined): boolean;
  close(): void;
}

/** The tokens for a key: fetched once for all that wait, kept until shortly before they expire. */
export function googleTokens(info: StoreInfo, key: GoogleKey): GoogleTokens {
  let current: { readonly header: string; readonly goodUntilMs: number } | undefined;
  let fetching: Promise<string> | undefined;
  let client: HttpClient | undefined;
  const renews = key.kind === "service account" || key.kind === "user";
  const fetchToken = async (call: { readonly operation: string }): Promise<string> => {
    if (!renews) throw new Error("Cannot fetch a token: the key is none to fetch one with");
    const address = new URL(key.tokenUri);
    const endpoint = parseOptionValue("endpoint", `${address.protocol}//${address.host}`);
    if (endpoint === undefined) {
      throw storeError(info, {
        ...call,
        kind: "Config",
        state: "the token_uri of the credential is no address",
      });
    }
    client ??= httpClient(endpoint);
    // Those who wait share it: nobody's own signal may end it.
    const place = { ...call, signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS) };
    const answer = await client
      .send({
        method: "POST",
        path: address.pathname + address.search,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: Buffer.from(new URLSearchParams(grantOf(key)).toString()),
        signal: place.signal,
      })
      .catch((failure: unknown) => {
        throw exchangeError(info, call, failure);
      });
    const body = await answerJson(info, place, { answer, bytesMax: 64 * 1024 });
    const { access_token: token, expires_in: seconds, error } = body;
    if (answer.status >= 300) {
      const code = typeof error === "string" ? error : undefined;
      const state = `Google refuses the credential (${code ?? `status ${answer.status}`})`;
      const isRefusal = answer.status === 400 || answer.status === 401 || answer.status === 403;
      const meaning = isRefusal ? { meaning: { kind: "PermissionDenied", state } as const } : {};
      throw answerError(info, call, { ...answer, code, ...meaning });
    }
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw storeError(info, { ...call, kind: "Unexpected", state: "the token server gave no token" });
    }
    const lifetimeMs = (typeof seconds === "number" ? seconds : LIFETIME_SECONDS) * 1000;
    const header = `Bearer ${token}`;
    current = { header, goodUntilMs: Date.now() + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2) };
    return header;
  };
  return {
    async authorization(call) {
      if (key.kind === "none") return undefined;
      if (key.kind === "token") return `Bearer ${key.token}`;
      if (current !== undefined && Date.now() < current.goodUntilMs) return current.header;
      fetching ??= fetchToken(call).finally(() => {
        fetching = undefined;
      });
      return await fetching;
    },
    refused(header) {
      if (!renews) return false;
      if (current?.header === header) current = undefined;
      return true;
    },
    close() {
      client?.close();
    },
  };
}

/** Source: RFC 7523 (JWT bearer grant) and RFC 6749, section 6. */
function grantOf(key: Extract<GoogleKey, { readonly tokenUri: string }>): Record<string, string> {
  if (key.kind === "user") {
    return {
      grant_type: "refresh_token",
      client_id: key.clientId,
      client_secret: key.clientSecret,
      refresh_token: key.refreshToken,
    };
  }
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(key.keyId === undefined ? {} : { kid: key.keyId }) };
  const claims = { iss: key.email, scope: SCOPE, aud: key.tokenUri, iat: now, exp: now + LIFETIME_SECONDS };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(text), key.privateKey).toString("base64url");
  return { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: `${text}.${signature}` };
}
