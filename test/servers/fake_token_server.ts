import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { listen, stop } from "./listen.ts";

/** What the fake answers instead of what it should, or `lose` to end the connection. */
export type TokenAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  | "lose";

/** A fake of a provider's token server: knows one app and one login. */
export interface FakeTokenServer {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The refresh token that is good now. */
  refreshToken: string;
  /** Each renewal gives a new refresh token, and the old one is good no more. */
  rotates: boolean;
  /** Lifetime of access tokens. */
  expiresInSeconds: number;
  /** Access tokens that were given and are good. */
  readonly tokens: Set<string>;
  /** Requests that came. */
  requests: number;
  /** Decides about a request before it is looked at. */
  intercept: (form: URLSearchParams) => Promise<TokenAnswer | undefined> | TokenAnswer | undefined;
  close(): Promise<void>;
}

/** Starts a fake of a token server as RFC 6749, sections 2.3.1, 5 and 6, describes it. */
export async function startFakeTokenServer(): Promise<FakeTokenServer> {
  const server = createServer(async (incoming, outgoing) => {
    fake.requests += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const answer = (await fake.intercept(form)) ?? answerTo(fake, incoming.headers["content-type"], form);
    if (answer === "lose") {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    outgoing.end(answer.body);
  });
  const port = await listen(server);
  const fake: FakeTokenServer = {
    url: `http://127.0.0.1:${port}/oauth2/token`,
    clientId: "app-1",
    clientSecret: "app-secret-1",
    refreshToken: "refresh-token-1",
    rotates: false,
    expiresInSeconds: 14_400,
    tokens: new Set(),
    requests: 0,
    intercept: () => undefined,
    close: () => stop(server),
  };
  return fake;
}

function answerTo(fake: FakeTokenServer, type: string | undefined, form: URLSearchParams): TokenAnswer {
  const refuse = (status: number, error: string) => ({ status, body: JSON.stringify({ error }) });
  if (type !== "application/x-www-form-urlencoded") return refuse(400, "invalid_request");
  if (form.get("client_id") !== fake.clientId || form.get("client_secret") !== fake.clientSecret) {
    return refuse(401, "invalid_client");
  }
  if (form.get("grant_type") !== "refresh_token") return refuse(400, "unsupported_grant_type");
  if (form.get("refresh_token") !== fake.refreshToken) return refuse(400, "invalid_grant");
  const token = `access-token-${randomBytes(8).toString("hex")}`;
  fake.tokens.add(token);
  if (fake.rotates) fake.refreshToken = `refresh-token-${randomBytes(8).toString("hex")}`;
  return {
    status: 200,
    body: JSON.stringify({
      access_token: token,
      token_type: "bearer",
      expires_in: fake.expiresInSeconds,
      ...(fake.rotates ? { refresh_token: fake.refreshToken } : {}),
    }),
  };
}
