import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { issueCertificates } from "../../../../core/certificates/issue_certificates.ts";
import { type HttpClient, httpClient } from "../../../../core/store/http/http_client.ts";
import { exchangeError } from "../../../../core/store/http/http_error.ts";
import { readNetwork } from "../../../../core/store/http/network.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import { parseOptionValue } from "../../../../core/store/option_value.ts";
import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { type ConnectProxy, startConnectProxy } from "../../../servers/connect_proxy.ts";

const INFO = { service: "s3", name: "bucket", workDirectory: "/" };
const CALL = { operation: "read", path: "a" };
const PAYLOAD = Buffer.alloc(3_000_000, "payload ");

let directory: string;
let ca: string;
let plain: Server;
let secure: ReturnType<typeof createTlsServer>;
const ports = { http: 0, https: 0 };
const secureSockets = new Set<TLSSocket>();
let client: HttpClient | undefined;
let proxy: ConnectProxy | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-network-"));
  const files = await issueCertificates({ hosts: ["server.test", "127.0.0.1"] });
  ca = join(directory, "ca.pem");
  await writeFile(ca, files.authorityCertificate);
  plain = createServer((incoming, answer) => {
    let bytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    incoming.on("end", () => {
      answer.setHeader("x-got", `${incoming.method} ${incoming.url} ${incoming.headers.host} ${bytes}`);
      answer.setHeader("x-credentials", incoming.headers["proxy-authorization"] ?? "none");
      answer.end(PAYLOAD);
    });
  });
  secure = createTlsServer({ key: files.serverKey, cert: files.serverCertificate }, (socket) => {
    secureSockets.add(socket);
    socket.on("close", () => secureSockets.delete(socket));
    socket.on("error", () => {});
    plain.emit("connection", socket);
  });
  secure.on("tlsClientError", () => {});
  for (const [name, server] of [
    ["http", plain],
    ["https", secure],
  ] as const) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    ports[name] = typeof address === "object" ? (address?.port ?? 0) : 0;
  }
});
afterEach(async () => {
  client?.close();
  await proxy?.close();
  proxy = undefined;
});
afterAll(async () => {
  plain.closeAllConnections();
  for (const socket of secureSockets) socket.destroy();
  await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(directory, { recursive: true });
});

function open(
  endpoint: string,
  options: { readonly ca?: string; readonly environment?: Record<string, string> },
) {
  const { environment = {}, ...rest } = options;
  const network = readNetwork(rest, { environment });
  client = httpClient(parseOptionValue("endpoint", endpoint)!, { network });
  return client;
}

/** The header that the server sent, and the bytes that came. */
async function get(from: HttpClient, body?: Buffer) {
  const answer = await from.send({ method: body === undefined ? "GET" : "PUT", path: "/x?y", body });
  let bytes = 0;
  for (let chunk = await answer.body.next(); chunk !== undefined; chunk = await answer.body.next()) {
    bytes += chunk.length;
    giveBack(chunk);
  }
  return { bytes, got: answer.headers["x-got"], credentials: answer.headers["x-credentials"] };
}

async function messageOf(from: HttpClient): Promise<string> {
  const failure = await get(from).then(
    () => new Error("nothing went wrong"),
    (error: unknown) => error,
  );
  const { kind, retry, message } = exchangeError(INFO, CALL, failure);
  return `${kind} ${retry} ${message}`;
}

describe("certificates", () => {
  test("of one's own authority are trusted with ca, and not without", async () => {
    expect(await get(open(`https:127.0.0.1:${ports.https}`, { ca }))).toMatchObject({
      bytes: PAYLOAD.length,
    });
    expect(await messageOf(open(`https:127.0.0.1:${ports.https}`, {}))).toMatch(
      /^Unreachable never .*: the certificate of "127\.0\.0\.1:\d+" is not trusted \(\w+\); ca=FILE,/,
    );
  });

  test("of another host are refused", async () => {
    expect(await messageOf(open(`https:localhost:${ports.https}`, { ca }))).toMatch(
      /^Unreachable never .*: the certificate of "localhost:\d+" is for another host \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
    );
  });

  test.each(["missing.pem", "empty.pem"])("cannot come from %s", async (name) => {
    await writeFile(join(directory, "empty.pem"), "none");
    expect(() => open("https:x.example", { ca: join(directory, name) })).toThrow(
      /Cannot read the certificates in/,
    );
  });
});

describe("through a proxy", () => {
  test("requests over TLS go in a tunnel, and several in one", async () => {
    proxy = await startConnectProxy({ login: "me:p@ss" });
    const environment = { https_proxy: `http://me:p%40ss@127.0.0.1:${proxy.port}` };
    const through = open(`https:server.test:${ports.https}`, { ca, environment });
    const place = `server.test:${ports.https}`;
    expect(await get(through, PAYLOAD)).toEqual({
      bytes: PAYLOAD.length,
      got: `PUT /x?y ${place} ${PAYLOAD.length}`,
      credentials: "none",
    });
    expect(await get(through)).toMatchObject({ got: `GET /x?y ${place} 0` });
    expect(proxy.asked).toEqual([`CONNECT ${place}`]);
    through.close();
    await expect.poll(() => proxy?.openConnections()).toBe(0);
  });

  test("requests without TLS are made of the proxy, which alone sees its credentials", async () => {
    proxy = await startConnectProxy({ login: "me:secret" });
    const environment = { HTTP_PROXY: `me:secret@127.0.0.1:${proxy.port}` };
    const through = open(`http:server.test:${ports.http}`, { environment });
    const place = `server.test:${ports.http}`;
    const expected = { bytes: PAYLOAD.length, got: `GET /x?y ${place} 0`, credentials: "none" };
    expect(await get(through)).toEqual(expected);
    expect(await get(through)).toEqual(expected);
    expect(proxy.asked).toEqual([`GET http://${place}/x?y`, `GET http://${place}/x?y`]);
    expect(proxy.openConnections()).toBe(1);
  });

  test.each(["http", "https"] as const)(
    "a space of %s is opened by what its environment says",
    async (protocol) => {
      proxy = await startConnectProxy({ login: "me:secret" });
      const address = `http://me:secret@127.0.0.1:${proxy.port}`;
      const place = `server.test:${ports[protocol]}`;
      const store = await openStore(`${protocol}://${place}?ca=${ca}`, {
        environment: { HTTP_PROXY: address, HTTPS_PROXY: address },
      });
      try {
        let bytes = 0;
        for await (const chunk of await store.read("a")) {
          bytes += chunk.length;
          giveBack(chunk);
        }
        expect(bytes).toBe(PAYLOAD.length);
      } finally {
        await store.close();
      }
      expect(proxy.asked).toEqual([protocol === "https" ? `CONNECT ${place}` : `GET http://${place}/a`]);
    },
  );

  test("the server's name is checked, not the proxy's", async () => {
    proxy = await startConnectProxy();
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    expect(await messageOf(open(`https:other.test:${ports.https}`, { ca, environment }))).toMatch(
      /the certificate of "other\.test:\d+" is for another host/,
    );
    await expect.poll(() => proxy?.openConnections()).toBe(0);
  });

  test.each(["http", "https"] as const)("one that wants a login is told of, for %s", async (protocol) => {
    proxy = await startConnectProxy({ login: "me:other" });
    const address = `http://me:secret@127.0.0.1:${proxy.port}`;
    const environment = { HTTPS_PROXY: address, HTTP_PROXY: address };
    const message = await messageOf(open(`${protocol}:server.test:${ports[protocol]}`, { ca, environment }));
    expect(message).toContain(
      `proxy "http://127.0.0.1:${proxy.port}" does not accept user and password (status 407)`,
    );
    expect(message).toMatch(/^PermissionDenied never /);
    expect(message).not.toContain("secret");
  });

  test("one that does not connect, does not speak HTTP, or is not there is told of", async () => {
    proxy = await startConnectProxy({ refuse: 502 });
    const to = (port: number) =>
      open(`https:server.test:${ports.https}`, {
        ca,
        environment: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
      });
    expect(await messageOf(to(proxy.port))).toMatch(
      /^Unreachable later .* does not connect to the server \(status 502\)$/,
    );
    await expect.poll(() => proxy?.openConnections()).toBe(0);
    const { port } = proxy;
    await proxy.close();
    expect(await messageOf(to(port))).toMatch(
      /^Unreachable later .*: no connection to proxy "http:.*" \(ECONNREFUSED\)$/,
    );
    expect(await messageOf(to(ports.https))).toMatch(/^Unreachable later .*: no connection to proxy "http:/);
  });

  test("an abort ends the wait for the tunnel", async () => {
    const silent = (await import("node:net")).createServer(
      (socket) => void socket.on("error", () => {}).resume(),
    );
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const through = open("https:server.test", { environment: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
    const connected = once(silent, "connection");
    const stop = new AbortController();
    const waiting = through.send({ method: "GET", path: "/", signal: stop.signal });
    const [socket] = await connected;
    const closed = once(socket, "close");
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await closed;
    const again = through.send({ method: "GET", path: "/" });
    const [second] = await once(silent, "connection");
    through.close();
    await expect(again).rejects.toMatchObject({ code: "ECONNRESET" });
    if (!second.closed) await once(second, "close");
    await new Promise((resolve) => silent.close(resolve));
  });
});
