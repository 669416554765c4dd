import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { giveBack, isPooled } from "../../../ioswitch/buffer_pool.ts";
import { noteGarbage } from "../../bytes/garbage.ts";
import type { Endpoint } from "../option_value.ts";
import type { Body } from "../take_body.ts";

/** Most bytes of an answer that is thrown away that are read for the sake of its connection. */
const DISCARD_BYTES_MAX = 64 * 1024;

/** One request: made once, redirects are not followed. */
export interface HttpRequest {
  readonly method: string;
  /** Starts with `/`, percent-encoded, with the query; sent as it is. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A {@link Body} is sent as it comes, in chunks of its own unless `headers` has a `content-length`; it gets a connection of its own. */
  readonly body?: Uint8Array | Body | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The head of an answer. Its body must be read to the end, or let go with {@link discard}. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a header that came twice the values are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: IncomingMessage;
}

/** Requests to one server. */
export interface HttpClient {
  readonly endpoint: Endpoint;
  /** Resolves when the head of the answer is there. Throws what the connection threw, the failure of the body as it is, and an
   *  `AbortError` when the signal is aborted, which also ends the answer's body. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): void;
}

/** Makes a client for one server. Connects to nobody. */
export function httpClient(endpoint: Endpoint): HttpClient {
  const secure = endpoint.protocol === "https";
  const settings = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  const agent = secure ? new HttpsAgent(settings) : new HttpAgent(settings);
  const open = secure ? httpsRequest : httpRequest;
  const underWay = new Set<ClientRequest>();
  return {
    endpoint,
    async send(call) {
      const { method, path, signal, body } = call;
      signal?.throwIfAborted();
      const outgoing = open({
        host: endpoint.host.replace(/^\[|\]$/g, ""),
        port: endpoint.port,
        method,
        path,
        headers: headersOf(call),
        // A kept connection that the server ends in this moment would cost a body that cannot be sent again.
        agent: isStream(body) ? false : agent,
      });
      underWay.add(outgoing);
      outgoing.on("close", () => underWay.delete(outgoing));
      return await exchange(outgoing, { body, signal });
    },
    close() {
      for (const outgoing of underWay) outgoing.destroy();
      agent.destroy();
    },
  };
}

/** Lets go of an answer whose body nobody wants: a short one is read, so that the connection can be used again. */
export function discard({ body }: HttpAnswer): void {
  let bytes = 0;
  body.on("error", () => {});
  body.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES_MAX) body.destroy();
  });
  body.resume();
}

function isStream(body: HttpRequest["body"]): body is Body {
  return body !== undefined && !(body instanceof Uint8Array);
}

function headersOf({ body, headers = {}, method }: HttpRequest): Record<string, string> {
  const host = { "accept-encoding": "identity", "user-agent": "jcs", ...headers };
  if (body instanceof Uint8Array) return { ...host, "content-length": String(body.length) };
  if (isStream(body)) {
    return "content-length" in headers ? host : { ...host, "transfer-encoding": "chunked" };
  }
  return method === "PUT" || method === "POST" ? { ...host, "content-length": "0" } : host;
}

/** Sends the body and waits for the head of the answer, whichever ends first. */
function exchange(
  outgoing: ClientRequest,
  { body, signal }: Pick<HttpRequest, "body" | "signal">,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    let sent = false;
    const abort = () => {
      outgoing.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    outgoing.on("close", () => signal?.removeEventListener("abort", abort));
    outgoing.on("error", (error) => reject(error));
    outgoing.on("response", (answer: IncomingMessage) => {
      answered = true;
      // Without a listener a failure between two reads would end the process.
      answer.on("error", () => {});
      // What is still to be sent is not wanted; the connection can serve nothing else.
      if (!sent) answer.on("end", () => outgoing.destroy());
      resolve({ status: answer.statusCode ?? 0, headers: joined(answer.headers), body: answer });
    });
    const sending = isStream(body) ? sendStream(outgoing, body, () => answered) : sendBytes(outgoing, body);
    sending.then(
      () => {
        sent = true;
      },
      (error: unknown) => {
        reject(error);
        outgoing.destroy();
      },
    );
  });
}

async function sendBytes(outgoing: ClientRequest, body: Uint8Array | undefined): Promise<void> {
  if (body === undefined || body.length === 0) outgoing.end();
  else outgoing.end(body);
}

async function sendStream(outgoing: ClientRequest, body: Body, over: () => boolean): Promise<void> {
  for (;;) {
    const chunk = await body.next();
    if (over() || outgoing.destroyed) return;
    if (chunk === undefined) break;
    // The library may keep what it is given; memory of the pool goes back at once.
    const bytes = isPooled(chunk) ? new Uint8Array(chunk) : chunk;
    noteGarbage(2 * chunk.length);
    if (bytes !== chunk) giveBack(chunk);
    if (!outgoing.write(bytes)) await drained(outgoing);
  }
  outgoing.end();
}

/** Waits until more can be sent, or never will. */
function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      for (const event of EVENTS) outgoing.off(event, go);
      resolve();
    };
    for (const event of EVENTS) outgoing.once(event, go);
    if (outgoing.destroyed) go();
  });
}

const EVENTS = ["drain", "close", "error", "response"] as const;

function joined(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}
