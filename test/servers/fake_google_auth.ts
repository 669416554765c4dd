import { createHash, type KeyObject, randomBytes, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The one service account of the fake. */
export const EMAIL = "tester@project.iam.gserviceaccount.com";

/** The logins that {@link giveToken} of a server on this port knows, as JSON texts: of the service account, and of a user. */
export function loginsOf(
  privateKey: KeyObject,
  port: number,
): { readonly serviceAccount: string; readonly user: string } {
  const tokenUri = `http://127.0.0.1:${port}/token`;
  return {
    serviceAccount: JSON.stringify({
      type: "service_account",
      client_email: EMAIL,
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      private_key_id: "key-1",
      token_uri: tokenUri,
    }),
    user: JSON.stringify({
      type: "authorized_user",
      client_id: "client-1",
      client_secret: "client-secret-1",
      refresh_token: "refresh-1",
      token_uri: tokenUri,
    }),
  };
}

/** What the fake answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Thrown for what the service would refuse. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Answers a request for a token: for a signed JWT of the service account, or the refresh token of the user. */
export function giveToken(
  state: {
    readonly publicKey: KeyObject;
    readonly tokens: Set<string>;
    readonly port: number;
    /** Gets what the last JWT says. */
    claims?: Readonly<Record<string, unknown>>;
  },
  incoming: IncomingMessage,
  body: Buffer,
): Reply {
  const form = new URLSearchParams(body.toString());
  const bad = (error: string) => json(400, { error });
  if (incoming.method !== "POST" || incoming.headers["content-type"] !== "application/x-www-form-urlencoded")
    return bad("invalid_request");
  if (form.get("grant_type") === "refresh_token") {
    const right = form.get("client_id") === "client-1" && form.get("client_secret") === "client-secret-1";
    if (!right || form.get("refresh_token") !== "refresh-1") return bad("invalid_grant");
  } else if (form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    const [head = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
    const parse = (part: string) =>
      JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
    const now = Date.now() / 1000;
    state.claims = parse(claims);
    const { iss, aud, iat, exp, scope } = state.claims;
    const isSigned = verify(
      "sha256",
      Buffer.from(`${head}.${claims}`),
      state.publicKey,
      Buffer.from(signature, "base64url"),
    );
    if (!isSigned || parse(head)["alg"] !== "RS256" || parse(head)["kid"] !== "key-1")
      return bad("invalid_grant");
    if (iss !== EMAIL || aud !== `http://127.0.0.1:${state.port}/token` || typeof scope !== "string")
      return bad("invalid_grant");
    if (Math.abs(Number(iat) - now) > 300 || Number(exp) <= now || Number(exp) - Number(iat) > 3600)
      return bad("invalid_grant");
  } else return bad("unsupported_grant_type");
  const issued = `ya29.${randomBytes(16).toString("hex")}`;
  state.tokens.add(issued);
  return json(200, { access_token: issued, expires_in: 3599, token_type: "Bearer" });
}

/** Throws a {@link Refusal} unless the request has a token that is good. */
export function checkToken({ tokens }: { readonly tokens: Set<string> }, incoming: IncomingMessage): void {
  const bearer = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
  if (!tokens.has(bearer)) throw new Refusal(401, "authError", "Invalid Credentials");
}

/** Throws a {@link Refusal} unless the request has a V4 signature that is right and has not expired. */
export function checkSignature(
  state: { readonly publicKey: KeyObject },
  call: { readonly url: URL; readonly incoming: IncomingMessage },
): void {
  const { url, incoming } = call;
  const get = (key: string) => url.searchParams.get(`X-Goog-${key}`) ?? "";
  const refuse = (message: string) => new Refusal(403, "signature", message);
  const [path = "", query = ""] = (incoming.url ?? "").split("?");
  const names = get("SignedHeaders").split(";");
  if (!names.includes("host")) throw refuse("host is not signed");
  const unsigned = Object.keys(incoming.headers).filter(
    (name) => name.startsWith("x-goog-") && !names.includes(name),
  );
  if (unsigned.length > 0) throw refuse("a header is not signed");
  const canonicalQuery = query
    .split("&")
    .filter((pair) => !pair.startsWith("X-Goog-Signature="))
    .sort()
    .join("&");
  const headers = names.map((name) => `${name}:${String(incoming.headers[name] ?? "").trim()}`);
  const canonical = [
    incoming.method,
    path,
    canonicalQuery,
    ...headers,
    "",
    names.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const time = get("Date");
  const scope = get("Credential").slice(EMAIL.length + 1);
  if (!get("Credential").startsWith(`${EMAIL}/${time.slice(0, 8)}/auto/storage/goog4_request`))
    throw refuse("bad scope");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["GOOG4-RSA-SHA256", time, scope, digest].join("\n");
  if (!verify("sha256", Buffer.from(text), state.publicKey, Buffer.from(get("Signature"), "hex")))
    throw refuse("bad signature");
  const begun = Date.parse(time.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
  if (Date.now() > begun + Number(get("Expires")) * 1000) throw refuse("expired");
}

/** An answer in JSON. */
export function json(status: number, value: unknown): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: JSON.stringify(value),
  };
}
