import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type FakeDropboxRoutes, fakeDropboxRoutes, type Reply } from "./fake_dropbox_routes.ts";
import { type FakeTree, fakeTree, Malformed, Refused } from "./fake_dropbox_tree.ts";
import { type FakeTokenServer, startFakeTokenServer } from "./fake_token_server.ts";
import { listen, stop } from "./listen.ts";

/** What the fake does with a request instead of serving it: answers otherwise, or serves it and then ends the connection without an answer. */
export type DropboxInterception = undefined | "lose answer" | Reply;

/** A fake of Dropbox's HTTP interface (version 2), in this process. It is no proof that Dropbox itself behaves so.
 *
 *  It checks, as documented: the bearer token; which of the two servers a route belongs to; method and content type; that arguments in the header are
 *  ASCII; unknown, missing and wrong arguments; path roots; names (backslash, DEL, a space at the end, 255 characters, names that Dropbox ignores,
 *  composed characters); letter case; parents that are files; the modes of writes; offsets and hashes of upload sessions; ranges; pages of lists, which
 *  hold the folder itself when recursive and name what was deleted meanwhile; moves and copies that replace nothing; links that are used once; jobs.
 *  It does not check: permissions, quotas, sharing, scopes, concurrent sessions, limits of the rate, expiry of links and sessions, TLS. */
export interface FakeDropbox {
  /** Takes every route. */
  readonly port: number;
  /** Takes routes of JSON only. */
  readonly apiPort: number;
  /** Takes routes of bytes only. */
  readonly contentPort: number;
  readonly tokenServer: FakeTokenServer;
  /** A login as JSON, whose access token has to be renewed first. */
  readonly login: string;
  /** `route argument` of every request so far. */
  readonly requests: readonly string[];
  /** Asked before each request, with the same words. */
  intercept: (line: string) => DropboxInterception;
  /** Puts a file into the user's home, as others may. */
  put(path: string, bytes: Uint8Array): void;
  rename(source: string, target: string): void;
  /** Names of all files of the user's home. */
  files(): readonly string[];
  openSessions(): number;
  /** Makes every token that was given so far useless. */
  expireTokens(): void;
  close(): Promise<void>;
}

type Host = "api" | "content" | "any";

/** Starts a fake without files. It has a second namespace, `12345`. */
export async function startFakeDropbox(): Promise<FakeDropbox> {
  const tokenServer = await startFakeTokenServer();
  const home = fakeTree();
  const roots = new Map<string, FakeTree>([
    ["", home],
    ["12345", fakeTree()],
  ]);
  const requests: string[] = [];
  const fake = { intercept: (() => undefined) as FakeDropbox["intercept"] };
  let routes: FakeDropboxRoutes | undefined;
  const serve = (host: Host) =>
    createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const reply = await answer(host, incoming, body).catch(refusal);
      if (reply === "lose answer") incoming.socket.destroy();
      else send(outgoing, reply);
    });
  const answer = async (
    host: Host,
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<Reply | "lose answer"> => {
    if (routes === undefined) throw new Error("the fake has not started");
    const link = routes.followLink(incoming, body);
    if (link !== undefined) return link;
    const route = incoming.url?.match(/^\/2\/(files\/[a-z0-9_/]+)$/)?.[1] ?? "";
    const isContent = routes.isContent(route);
    if (incoming.method !== "POST" || (host !== "any" && isContent !== (host === "content"))) {
      throw new Malformed(`Unknown API function: "${route}"`);
    }
    const text = isContent ? headerArgument(incoming) : body.toString();
    const line = `${route} ${text}`;
    requests.push(line);
    const decision = fake.intercept(line);
    if (typeof decision === "object") return decision;
    const refused = authorize(tokenServer, incoming);
    if (refused !== undefined) return refused;
    if (!isContent && incoming.headers["content-type"] !== "application/json") {
      throw new Malformed('Bad HTTP "Content-Type" header');
    }
    const tree = roots.get(rootOf(incoming));
    if (tree === undefined)
      return json(422, { error_summary: "no_permission/", error: { ".tag": "no_permission" } });
    const reply = await routes.run(route, { tree, text, body, incoming });
    return decision ?? reply;
  };
  const servers = { any: serve("any"), api: serve("api"), content: serve("content") };
  const port = await listen(servers.any);
  routes = fakeDropboxRoutes(port);
  return Object.assign(fake, {
    port,
    apiPort: await listen(servers.api),
    contentPort: await listen(servers.content),
    tokenServer,
    login: JSON.stringify({
      access_token: `access-token-${randomBytes(8).toString("hex")}`,
      token_type: "bearer",
      refresh_token: tokenServer.refreshToken,
      expiry: "2020-01-01T00:00:00Z",
      client_id: tokenServer.clientId,
      client_secret: tokenServer.clientSecret,
    }),
    requests,
    put: (path: string, bytes: Uint8Array) =>
      void home.commit({ path, mode: "overwrite" }, Buffer.from(bytes), []),
    rename: (source: string, target: string) => void home.relocate(source, target, "move"),
    files: () =>
      [...home.entries.values()].flatMap((entry) => (entry.kind === "file" ? [entry.display] : [])),
    openSessions: () => routes?.openSessions() ?? 0,
    expireTokens: () => tokenServer.tokens.clear(),
    async close() {
      await tokenServer.close();
      await Promise.all(Object.values(servers).map(stop));
    },
  });
}

function authorize(tokenServer: FakeTokenServer, incoming: IncomingMessage): Reply | undefined {
  const [, token] = /^Bearer (\S+)$/.exec(incoming.headers.authorization ?? "") ?? [];
  if (token === undefined) throw new Malformed('Must provide HTTP header "Authorization" or URL parameter.');
  if (tokenServer.tokens.has(token)) return undefined;
  return json(401, {
    error_summary: "expired_access_token/..",
    error: { ".tag": "expired_access_token" },
  });
}

function headerArgument(incoming: IncomingMessage): string {
  const text = incoming.headers["dropbox-api-arg"];
  if (typeof text !== "string" || !/^[\x20-\x7e]+$/.test(text)) {
    throw new Malformed('HTTP header "Dropbox-API-Arg": could not decode input as JSON');
  }
  return text;
}

function rootOf(incoming: IncomingMessage): string {
  const text = incoming.headers["dropbox-api-path-root"];
  if (text === undefined) return "";
  const root = JSON.parse(String(text)) as Record<string, unknown>;
  if (root[".tag"] !== "namespace_id" || Object.keys(root).length !== 2)
    throw new Malformed("Dropbox-API-Path-Root");
  return String(root["namespace_id"]);
}

function refusal(error: unknown): Reply {
  if (error instanceof Malformed) {
    const body = `Error in call to API function: ${error.message}`;
    return { status: 400, headers: { "content-type": "text/plain; charset=utf-8" }, body };
  }
  if (!(error instanceof Refused)) throw error;
  const { tags, fields } = error;
  const nested = tags.reduceRight<Record<string, unknown>>(
    (inner, tag, depth) => ({
      ".tag": tag,
      ...(depth === tags.length - 1 ? fields : "reason" in inner ? inner : { [tag]: inner }),
    }),
    {},
  );
  return json(409, { error_summary: `${tags.join("/")}/..`, error: flattened(nested, fields) });
}

/** The error of an upload is a struct: what it says of the write stands beside its tag, as the reason. */
function flattened(
  error: Record<string, unknown>,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (!("upload_session_id" in fields)) return error;
  return { ".tag": "path", reason: error["path"], upload_session_id: fields["upload_session_id"] };
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function send(outgoing: ServerResponse, reply: Reply): void {
  const { status, headers, body = "" } = reply;
  outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
}
