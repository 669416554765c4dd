import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { Apache } from "./apache.ts";
import { listen, stop } from "./listen.ts";

/** A fake of Nextcloud's chunked upload at /uploads/, as its manual describes it; everything else goes to a real Apache. */
export interface FakeNextcloud {
  readonly port: number;
  /** `METHOD /path` of every request so far. */
  readonly requests: readonly string[];
  /** Uploads that were begun and neither finished nor thrown away. */
  readonly uploadsUnderWay: () => number;
  /** Makes every request for the chunk of this name fail. */
  failChunk: string | undefined;
  close(): Promise<void>;
}

/** Starts the fake in front of `server`. */
export async function startFakeNextcloud(server: Apache): Promise<FakeNextcloud> {
  const uploads = new Map<string, Map<string, Buffer>>();
  const requests: string[] = [];
  const forward = (method: string, path: string, given: { headers: IncomingHttpHeaders; body: Buffer }) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { ...given.headers, "content-length": String(given.body.length) };
      const outgoing = request({ host: "127.0.0.1", port: server.port, method, path, headers }, resolve);
      outgoing.on("error", reject);
      outgoing.end(given.body);
    });
  const chunkedUpload = async (incoming: IncomingMessage, body: Buffer): Promise<number> => {
    const [, , id = "", chunk = ""] = (incoming.url ?? "").split("/");
    const { method, headers } = incoming;
    const upload = uploads.get(id);
    if (method === "MKCOL") {
      uploads.set(id, new Map());
      return 201;
    }
    if (upload === undefined) return 404;
    if (method === "DELETE") return uploads.delete(id) ? 204 : 404;
    if (method === "PUT") {
      if (chunk === fake.failChunk) return 500;
      upload.set(chunk, body);
      return 201;
    }
    if (method !== "MOVE" || chunk !== ".file") return 405;
    const whole = Buffer.concat(
      [...upload].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, part]) => part),
    );
    if (headers["oc-total-length"] !== String(whole.length)) return 400;
    const target = new URL(String(headers["destination"])).pathname;
    const { authorization } = headers;
    const auth = authorization === undefined ? {} : { authorization };
    const there = await forward("HEAD", target, { headers: auth, body: Buffer.alloc(0) });
    there.resume();
    if (headers["overwrite"] === "F" && there.statusCode !== 404) return 412;
    const put = await forward("PUT", target, { headers: auth, body: whole });
    put.resume();
    uploads.delete(id);
    return put.statusCode ?? 500;
  };
  const handle = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = incoming;
    requests.push(`${method} ${url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (url.startsWith("/uploads/")) {
      answer.writeHead(await chunkedUpload(incoming, body)).end();
      return;
    }
    const passed = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name !== "transfer-encoding"),
    );
    const response = await forward(method, url, { headers: passed, body });
    answer.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(answer);
  };
  const listener = createServer((incoming, answer) => void handle(incoming, answer));
  const port = await listen(listener);
  const fake: FakeNextcloud = {
    port,
    requests,
    uploadsUnderWay: () => uploads.size,
    failChunk: undefined,
    close: () => stop(listener),
  };
  return fake;
}
