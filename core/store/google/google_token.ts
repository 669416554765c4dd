import { sign } from "node:crypto";
import type { Network } from "../http/network.ts";
import type { RequestTokens } from "../oauth/request_with_token.ts";
import { goodUntilMs, tokenCache } from "../oauth/token_cache.ts";
import { tokenServer } from "../oauth/token_server.ts";
import type { StoreInfo } from "../store.ts";
import type { GoogleKey } from "./google_key.ts";

const LIFETIME_SECONDS = 3600;

/** Gives requests their header `Authorization`, with a token that is good for a while; it is fetched when there is none. */
export interface GoogleTokens extends RequestTokens {
  close(): void;
}

/** What tokens are for. */
export interface GoogleAccess {
  /** What they give access to: an address that Google documents with each of its services. Tokens of a user have what the login gave. */
  readonly scope: string;
  /** The user that a service account acts for. */
  readonly subject?: string | undefined;
  readonly network?: Network;
}

/** The tokens for a key: fetched once for all that wait, kept until shortly before they expire. */
export function googleTokens(info: StoreInfo, key: GoogleKey, access: GoogleAccess): GoogleTokens {
  if (key.kind === "none" || key.kind === "token") {
    const header = key.kind === "none" ? undefined : `Bearer ${key.token}`;
    return { authorization: async () => header, refused: () => false, close() {} };
  }
  const server = tokenServer(info, { provider: "Google", url: key.tokenUri, network: access.network });
  const cache = tokenCache(info, {
    async fetch(call) {
      const { accessToken, lifetimeMs } = await server.grant(call, grantOf(key, access));
      return { header: `Bearer ${accessToken}`, goodUntilMs: goodUntilMs(lifetimeMs) };
    },
  });
  return {
    authorization: (call) => cache.authorization(call),
    refused(header) {
      cache.forget(header);
      return true;
    },
    close: () => server.close(),
  };
}

/** Source: RFC 7523 (JWT bearer grant) and RFC 6749, section 6. */
function grantOf(
  key: Extract<GoogleKey, { readonly tokenUri: string }>,
  { scope, subject }: GoogleAccess,
): Record<string, string> {
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
  const claims = {
    iss: key.email,
    ...(subject === undefined ? {} : { sub: subject }),
    scope,
    aud: key.tokenUri,
    iat: now,
    exp: now + LIFETIME_SECONDS,
  };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(text), key.privateKey).toString("base64url");
  return { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: `${text}.${signature}` };
}
