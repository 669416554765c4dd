import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { Endpoint } from "../option_value.ts";
import type { Body } from "../take_body.ts";
import type { AnswerHead } from "./answer_parser.ts";
import { type HttpBody, type HttpConnection, hangUp, openConnection } from "./http_connection.ts";
import { DIRECT, type Network } from "./network.ts";
import type { HttpProxy } from "./proxy_for.ts";
import { openSocket, openTunnel, refusedBy } from "./proxy_tunnel.ts";

/** Most bytes of an answer that is thrown away that are read for the sake of its connection. */
const DISCARD_BYTES_MAX = 64 * 1024;
/** How long a connection that nobody uses is used again, unless the server says less: many servers end theirs after five seconds, and a request on
 *  one that the server ends in this moment is lost. */
const IDLE_MS_MAX = 4000;
/** So long before the server says that it will end a connection it is not used any more. */
const IDLE_MARGIN_MS = 1000;
const IDLE_MS_MIN = 250;
const CONNECT_TIMEOUT_MS = 20_000;
/** What may be asked once more without harm when a kept connection turns out to have ended. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PROPFIND"]);

/** One request: made once, redirects are not followed. */
export interface HttpRequest {
  readonly method: string;
  /** Starts with `/`, percent-encoded, with the query; sent as it is. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A {@link Body} is sent as it comes, in chunks of its own unless `headers` has a `content-length`; it gets a new connection. */
  readonly body?: Uint8Array | Body | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The head of an answer. Its body must be read to the end, or let go with {@link discard}. */
export interface HttpAnswer extends AnswerHead {
  readonly body: HttpBody;
}

/** Requests to one server. */
export interface HttpClient {
  readonly endpoint: Endpoint;
  /** Resolves when the head of the answer is there. Throws what the connection threw, the failure of the body as it is, and the signal's reason when
   *  that is aborted, which also ends the answer's body. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): void;
}

/** Makes a client for one server: HTTP/1.1 over sockets of its own, because the engines' libraries copy what passes through them and leave as much
 *  garbage. Connects to nobody. `network` says whom to trust and through whom to go: throws `Config` where that is wrong. */
export function httpClient(
  endpoint: Endpoint,
  options: { readonly connectTimeoutMs?: number; readonly network?: Network | undefined } = {},
): HttpClient {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, network = DIRECT } = options;
  const proxy = network.proxyOf(endpoint);
  /** The proxy where it is what gets the requests; otherwise they go through it to the server. */
  const relay = endpoint.protocol === "http" ? proxy : undefined;
  const closing = new AbortController();
  const open = new Set<HttpConnection>();
  const idle: { readonly connection: HttpConnection; readonly untilMs: number }[] = [];
  const takeIdle = (): HttpConnection | undefined => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (performance.now() < last.untilMs) return last.connection;
      last.connection.destroy();
    }
    return undefined;
  };
  const connect = async (signal: AbortSignal | undefined): Promise<HttpConnection> => {
    const server = relay ?? endpoint;
    const through =
      proxy === undefined || proxy === relay
        ? undefined
        : await openTunnel(proxy, endpoint, {
            timeoutMs: connectTimeoutMs,
            signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
          });
    const socket = openSocket(server, { ca: relay === undefined ? network.ca : undefined, socket: through });
    const connection = openConnection(socket, {
      server,
      connectTimeoutMs,
      onIdle({ headers }) {
        idle.push({ connection, untilMs: performance.now() + idleMs(headers["keep-alive"]) });
      },
      onClose() {
        open.delete(connection);
        const at = idle.findIndex((each) => each.connection === connection);
        if (at >= 0) idle.splice(at, 1);
      },
    });
    open.add(connection);
    return connection;
  };
  return {
    endpoint,
    async send(request) {
      const { method, signal, body } = request;
      signal?.throwIfAborted();
      const exchange = {
        head: headOf(endpoint, { request, relay }),
        isHead: method === "HEAD",
        body,
        signal,
      };
      // A kept connection that the server ends in this moment would cost a body that cannot be sent again.
      const kept = isStream(body) ? undefined : takeIdle();
      const answer = await (kept ?? (await connect(signal)))
        .exchange(exchange)
        .catch(async (error: unknown) => {
          if (kept === undefined || !SAFE.has(method) || !isHangUp(error) || closing.signal.aborted)
            throw error;
          return await (await connect(signal)).exchange(exchange);
        });
      if (relay === undefined || answer.status !== 407) return answer;
      discard(answer);
      throw refusedBy(relay, answer.status);
    },
    close() {
      closing.abort(hangUp());
      for (const connection of open) connection.destroy();
    },
  };
}

/** Lets go of an answer whose body nobody wants: a short one is read, so that the connection can be used again. */
export function discard({ body }: Pick<HttpAnswer, "body">): void {
  const read = async () => {
    let bytes = 0;
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
      bytes += chunk.length;
      giveBack(chunk);
      if (bytes > DISCARD_BYTES_MAX) return body.destroy();
    }
  };
  read().catch(() => {});
}

function isStream(body: HttpRequest["body"]): body is Body {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** How long a connection may be used again, of the server's header `Keep-Alive`. */
function idleMs(header: string | undefined): number {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(header ?? "")?.[1];
  if (seconds === undefined) return IDLE_MS_MAX;
  return Math.max(IDLE_MS_MIN, Math.min(IDLE_MS_MAX, Number(seconds) * 1000 - IDLE_MARGIN_MS));
}

/** Whether the server ended the connection, and not the request's signal or the request's own fault. */
function isHangUp(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:ECONNRESET|EPIPE)$/.test(String(error.code));
}

/** The first line and the headers of a request. Throws when one of them could not be told from another. */
function headOf(
  endpoint: Endpoint,
  { request, relay }: { readonly request: HttpRequest; readonly relay: HttpProxy | undefined },
): string {
  const { method, path } = request;
  const host = hostHeader(endpoint);
  const headers: Record<string, string> = {
    host,
    "accept-encoding": "identity",
    "user-agent": "jcs",
    ...lengthOf(request),
    ...(relay?.authorization === undefined ? {} : { "proxy-authorization": relay.authorization }),
  };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (!TOKEN.test(method) || !/^[\x21-\x7e\x80-\xff]+$/.test(path)) throw unsendable("the path");
  const target = relay === undefined ? path : `http://${host}${path}`;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw unsendable("a header");
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/** How requests name their server: with its port unless that is the usual one. */
export function hostHeader({ protocol, host, port }: Endpoint): string {
  return port === (protocol === "https" ? 443 : 80) ? host : `${host}:${port}`;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function lengthOf({ body, headers = {}, method }: HttpRequest): Record<string, string> {
  if (body instanceof Uint8Array) return { "content-length": String(body.length) };
  if (isStream(body)) return "content-length" in headers ? {} : { "transfer-encoding": "chunked" };
  return method === "PUT" || method === "POST" ? { "content-length": "0" } : {};
}

function unsendable(what: string): Error {
  return Object.assign(new Error(`${what} of the request holds what none may hold`), {
    code: "ERR_INVALID_CHAR",
  });
}
