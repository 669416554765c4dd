import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { loginsOf, Refusal, type Reply } from "./fake_google_auth.ts";
import { listen, stop } from "./listen.ts";

/** What the fakes of Google's services have in common. */
export interface GoogleState {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Access tokens that are good. */
  readonly tokens: Set<string>;
  /** 0 until the fake listens. */
  port: number;
}

/** What a fake does with a request: an answer to give instead; `lose` to do the work and reset the connection. */
export type GoogleInterception = undefined | "lose" | Reply;

/** A fake that listens. */
export interface FakeGoogleServer {
  readonly port: number;
  /** JSON text of a service account's key. */
  readonly serviceAccount: string;
  /** JSON text of a user's default credentials. */
  readonly user: string;
  /** Makes all tokens that were given invalid. */
  expireTokens(): void;
  /** Tokens that were issued so far. */
  tokensIssued(): number;
  close(): Promise<void>;
}

/** The state of a fake that does not listen yet, with a key of its own. */
export function newGoogleState(...tokens: readonly string[]): GoogleState {
  return { ...generateKeyPairSync("rsa", { modulusLength: 2048 }), tokens: new Set(tokens), port: 0 };
}

/** Starts a fake whose requests `respond` answers, or refuses by throwing a {@link Refusal}. `intercept` is asked before each (`METHOD /path?query`), `done` is
 *  told of each that was done, before it is answered. */
export async function startFakeGoogle(
  state: GoogleState,
  service: {
    readonly intercept: (line: string) => GoogleInterception;
    readonly respond: (incoming: IncomingMessage, body: Buffer) => Reply;
    readonly done?: (line: string) => void;
  },
): Promise<FakeGoogleServer> {
  let issued = 0;
  const work = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const body = await bodyOf(incoming);
    const line = `${incoming.method} ${incoming.url}`;
    const decision = service.intercept(line);
    if (typeof decision === "object") {
      answer.writeHead(decision.status, decision.headers).end(decision.body);
      return;
    }
    const before = state.tokens.size;
    const { status, headers, body: content } = service.respond(incoming, body);
    issued += Math.max(0, state.tokens.size - before);
    service.done?.(line);
    if (decision === "lose") incoming.socket.destroy();
    else answer.writeHead(status, headers).end(incoming.method === "HEAD" ? undefined : content);
  };
  const server = createServer((incoming, answer) => {
    work(incoming, answer).catch((error: unknown) => failWith(answer, error));
  });
  state.port = await listen(server);
  return {
    port: state.port,
    ...loginsOf(state.privateKey, state.port),
    expireTokens: () => state.tokens.clear(),
    tokensIssued: () => issued,
    close: () => stop(server),
  };
}

/** The body of a request. Refuses one that ends early. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const length = incoming.headers["content-length"];
  if (length !== undefined && Number(length) !== body.length)
    throw new Refusal(400, "invalid", "the body ended early");
  return body;
}

/** Answers with what was thrown, as Google words it. */
function failWith(answer: ServerResponse, error: unknown): void {
  const { status, reason } = error instanceof Refusal ? error : { status: 500, reason: "fakeBroke" };
  const message = error instanceof Error ? error.message : String(error);
  if (answer.headersSent || answer.destroyed) return;
  answer.writeHead(status, { "content-type": "application/json" });
  answer.end(JSON.stringify({ error: { code: status, message, errors: [{ reason, message }] } }));
}
