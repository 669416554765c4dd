import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, request } from "node:http";
import type { Azurite } from "./azurite.ts";
import { listen, stop } from "./listen.ts";

/** Largest source of Put Blob From URL: a stand-in for the 5,000 MiB of the service. */
const ONE_REQUEST_BYTES_MAX = 8 * 1024 * 1024;

/** A fake of what Azurite lacks: it answers Put Blob From URL and Put Block From URL by fetching the source and storing the bytes on Azurite, and hands every
 *  other request on. Refuses a wrong signature, a body, a source that is too long, and one that does not give just the range.
 *  Source: Azure documentation, "Put Blob From URL" and "Put Block From URL". */
export interface FakeAzureFetch {
  readonly port: number;
  /** `METHOD /path?query` of the requests that named a source. */
  readonly fetches: readonly string[];
  close(): Promise<void>;
}

export async function startFakeAzureFetch(azurite: Azurite): Promise<FakeAzureFetch> {
  const fetches: string[] = [];
  const server = createServer(async (incoming, answer) => {
    const refuse = (status: number, code: string) => {
      incoming.resume();
      answer.writeHead(status, { "x-ms-error-code": code }).end();
    };
    const source = incoming.headers["x-ms-copy-source"];
    const isFetch = typeof source === "string" && !source.includes(`:${azurite.port}/`);
    if (!isFetch) {
      const outgoing = request(
        {
          port: azurite.port,
          host: "127.0.0.1",
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (response) => {
          answer.writeHead(response.statusCode ?? 500, response.headers);
          response.pipe(answer);
        },
      );
      outgoing.on("error", () => incoming.socket.destroy());
      incoming.pipe(outgoing);
      return;
    }
    fetches.push(`${incoming.method} ${incoming.url}`);
    const { authorization, "content-length": length } = incoming.headers;
    if (authorization !== signatureOf(azurite, incoming, 0)) return refuse(403, "AuthenticationFailed");
    if (length !== "0" || source.length > 2048) return refuse(400, "InvalidHeaderValue");
    const range = incoming.headers["x-ms-source-range"];
    const found = await fetch(source, { headers: typeof range === "string" ? { range } : {} }).catch(
      () => undefined,
    );
    if (found?.status !== (range === undefined ? 200 : 206)) return refuse(404, "CannotVerifyCopySource");
    const bytes = Buffer.from(await found.arrayBuffer());
    if (range === undefined && bytes.length > ONE_REQUEST_BYTES_MAX)
      return refuse(409, "CannotVerifyCopySource");
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !/^x-ms-(copy-)?source/.test(name)),
    );
    const type = found.headers.get("content-type");
    if (range === undefined && type !== null) headers["x-ms-blob-content-type"] ??= type;
    const put = { ...incoming, method: "PUT", url: incoming.url, headers } as IncomingMessage;
    const outgoing = request(
      {
        port: azurite.port,
        host: "127.0.0.1",
        method: "PUT",
        path: incoming.url,
        headers: {
          ...headers,
          "content-length": bytes.length,
          authorization: signatureOf(azurite, put, bytes.length),
        },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      },
    );
    outgoing.end(bytes);
  });
  const port = await listen(server);
  return {
    port,
    fetches,
    close: () => stop(server),
  };
}

/** What `authorization` must be, of the account's key. */
function signatureOf(
  { account, key }: Azurite,
  { method, url = "", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  bytes: number,
): string {
  const { pathname, searchParams } = new URL(url, "http://any");
  const own = Object.keys(headers)
    .filter((name) => name.startsWith("x-ms-"))
    .sort();
  const query = [...searchParams.keys()].sort().map((name) => `\n${name}:${searchParams.get(name)}`);
  const text = [
    method,
    "",
    "",
    bytes === 0 ? "" : bytes,
    ...["content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match"].map(
      (name) => headers[name] ?? "",
    ),
    "",
    "",
    ...own.map((name) => `${name}:${headers[name]}`),
    `/${account}${pathname}${query.join("")}`,
  ].join("\n");
  return `SharedKey ${account}:${createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64")}`;
}
