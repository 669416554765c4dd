import { asRecord, type JsonRecord, parseJson } from "../http/http_json.ts";
import { type GrantedToken, isToken } from "./token_server.ts";

/** What is known of one login: tokens, and who may renew them. */
export interface OauthToken {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** When the access token expires, in milliseconds since 1970; `Infinity` where nobody said so. */
  readonly expiresAtMs: number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Everything that was in the text, also what is not known here. */
  readonly fields: JsonRecord;
}

/** Reads a token as rclone and most tools write it: a JSON object with `access_token` or `refresh_token` or both; `expiry` (RFC 3339), `expires_at` (seconds
 *  since 1970) or `expires_in` (seconds since `writtenAtMs`); `client_id` and `client_secret`. What `rclone authorize` prints around it may be there, too.
 *  A text that is no JSON at all is an access token. `undefined` for anything else. */
export function parseOauthToken(text: string, writtenAtMs?: number): OauthToken | undefined {
  const [, pasted] = /--->\s*(\{[\s\S]*\})\s*<---/.exec(text) ?? [];
  const trimmed = (pasted ?? text).trim();
  if (isToken(trimmed) && !/^[{["]/.test(trimmed)) {
    return { accessToken: trimmed, expiresAtMs: Number.POSITIVE_INFINITY, fields: {} };
  }
  const fields = trimmed.startsWith("{") ? asRecord(parseJson(trimmed)) : {};
  const { access_token: accessToken, refresh_token: refreshToken, token_type: type = "" } = fields;
  if (typeof type !== "string" || !/^(bearer)?$/i.test(type)) return undefined;
  if (!isToken(accessToken) && !isToken(refreshToken)) return undefined;
  const { client_id: clientId, client_secret: clientSecret } = fields;
  return {
    ...(isToken(accessToken) ? { accessToken } : {}),
    ...(isToken(refreshToken) ? { refreshToken } : {}),
    ...(typeof clientId === "string" && clientId !== "" ? { clientId } : {}),
    ...(typeof clientSecret === "string" && clientSecret !== "" ? { clientSecret } : {}),
    expiresAtMs: expiryOf(fields, writtenAtMs),
    fields,
  };
}

/** The token after it was renewed; everything else that was in its text stays. */
export function renewedToken(token: OauthToken, granted: GrantedToken): OauthToken {
  const { accessToken, lifetimeMs, refreshToken = token.refreshToken } = granted;
  const expiresAtMs = Date.now() + lifetimeMs;
  const { fields } = token;
  const seconds = Math.floor(expiresAtMs / 1000);
  return {
    ...token,
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    expiresAtMs,
    fields: {
      ...fields,
      access_token: accessToken,
      token_type: fields["token_type"] ?? "bearer",
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      expiry: new Date(expiresAtMs).toISOString(),
      ...("expires_at" in fields ? { expires_at: seconds } : {}),
      ...("expires_in" in fields ? { expires_in: Math.floor(lifetimeMs / 1000) } : {}),
    },
  };
}

/** The zero of times in rclone's language means that the token never expires. */
function expiryOf(fields: JsonRecord, writtenAtMs: number | undefined): number {
  const { expiry, expires_at: at, expires_in: seconds } = fields;
  if (typeof expiry === "string" && expiry !== "") {
    // Not every runtime reads fractions finer than a millisecond.
    const time = Date.parse(expiry.replace(/(\.\d{3})\d+/, "$1"));
    if (expiry.startsWith("0001-")) return Number.POSITIVE_INFINITY;
    if (!Number.isNaN(time)) return time;
  }
  if (typeof at === "string" && Number.isNaN(Number(at)) && !Number.isNaN(Date.parse(at)))
    return Date.parse(at);
  if (Number(at) > 0) return Number(at) * 1000;
  if (Number(seconds) > 0 && writtenAtMs !== undefined) return writtenAtMs + Number(seconds) * 1000;
  return Number.POSITIVE_INFINITY;
}
