import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { fetchThrough } from "../../../../core/store/http/fetch_through.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { pattern, readAll, sameBytes } from "../../../suites/store_bench.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface WebServer {
  readonly url: string;
  readonly seen: IncomingMessage[];
  readonly sockets: ReadonlySet<Socket>;
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<WebServer> {
  const seen: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, sockets };
}

async function openMemory(): Promise<Store> {
  const connection = { service: "memory", name: `fetch-${Math.random()}`, workDirectory: "/" };
  const store = await memory.open({ ...connection, options: new Map() }, { environment: {} });
  await store.write("a", pattern(10));
  return store;
}

test("the content and its type come, of known and of unknown length", async () => {
  const content = pattern(300_000);
  const server = await serve((request, response) => {
    response.setHeader("content-type", "text/x-test");
    if (request.url === "/sized") response.setHeader("content-length", content.length);
    response.write(content.subarray(0, 1000));
    response.end(content.subarray(1000));
  });
  const store = await openMemory();
  for (const path of ["/sized", "/chunked"]) {
    let arrived = 0;
    const onProgress = (bytes: number) => {
      arrived += bytes;
    };
    const meta = await fetchThrough(store, "a", { url: server.url + path, onProgress });
    expect(meta).toMatchObject({ path: "a", size: content.length, contentType: "text/x-test" });
    expect(sameBytes(await readAll(store, "a"), content)).toBe(true);
    expect(arrived).toBe(content.length);
    await expect.poll(() => server.sockets.size).toBe(0);
  }
});

test("what ends too early leaves the old object", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/sized") response.setHeader("content-length", 1000);
    response.write(pattern(500), () => response.destroy());
  });
  const store = await openMemory();
  for (const path of ["/sized", "/chunked"]) {
    await expect(fetchThrough(store, "a", { url: server.url + path })).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
    expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
  }
});

test("a part that nobody asked for is not taken for the whole", async () => {
  const server = await serve((_, response) => {
    response.writeHead(206, { "content-range": "bytes 0-9/500", "content-length": 10 });
    response.end(pattern(10));
  });
  const store = await openMemory();
  await store.write("a", pattern(7));
  await expect(fetchThrough(store, "a", { url: server.url })).rejects.toThrow("status 206");
  expect(sameBytes(await readAll(store, "a"), pattern(7))).toBe(true);
});

test("redirects are followed, a few, and nobody but the URL's own server hears its password", async () => {
  const other = await serve((_, response) => response.end("there"));
  const server = await serve((request, response) => {
    const step = Number(request.url?.slice(1));
    const location = step > 0 ? `/${step - 1}` : step === 0 ? `${other.url}/x` : "/folder/";
    if (request.url === "/folder/") response.end("folder");
    else response.writeHead(302, { location }).end();
  });
  const store = await openMemory();
  const url = server.url.replace("//", "//user:pass%40word@");
  await fetchThrough(store, "a", { url: `${url}/2` });
  expect(Buffer.from(await readAll(store, "a")).toString()).toBe("there");
  const basic = `Basic ${Buffer.from("user:pass@word").toString("base64")}`;
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([basic, basic, basic]);
  expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  await fetchThrough(store, "a", { url: `${server.url}/folder` });
  expect(Buffer.from(await readAll(store, "a")).toString()).toBe("folder");
  await expect(fetchThrough(store, "a", { url: `${server.url}/9` })).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringContaining("redirects"),
  });
});

test("refusals have their kind and tell no more of the URL than its server", async () => {
  const server = await serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1, 4)), { "retry-after": "7" }).end("no");
  });
  const store = await openMemory();
  for (const [status, kind, retry] of [
    [404, "NotFound", "never"],
    [403, "PermissionDenied", "never"],
    [503, "Throttled", "later"],
    [500, "Unreachable", "later"],
    [204, "Unexpected", "never"],
  ] as const) {
    const url = `${server.url.replace("//", "//user:word@")}/${status}?signature=secret`;
    const failing = fetchThrough(store, "a", { url });
    await expect(failing).rejects.toMatchObject({ kind, retry });
    const error = await failing.catch((reason: Error) => `${reason.message} ${reason.cause}`);
    expect(error).toContain(`server "${new URL(server.url).host}" of the URL: status ${status}`);
    expect(error).not.toMatch(/secret|word/);
  }
  await expect(fetchThrough(store, "a", { url: `${server.url}/503` })).rejects.toMatchObject({
    retryAfterMs: 7000,
  });
  for (const url of ["file:///etc/passwd", "ftp://127.0.0.1/x", "http:", "", "/etc/passwd"]) {
    await expect(fetchThrough(store, "a", { url })).rejects.toMatchObject({ kind: "Usage" });
  }
  await expect(fetchThrough(store, "../a", { url: `${server.url}/200` })).rejects.toMatchObject({
    kind: "Usage",
  });
  expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
  const { seen } = server;
  expect(seen.map(({ url }) => url)).not.toContain("/200");
});

test("a server that says nothing, before or after its first bytes, is not waited for", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/body") response.write(pattern(100));
  });
  const store = await openMemory();
  for (const path of ["/head", "/body"]) {
    await expect(fetchThrough(store, "a", { url: server.url + path, idleMs: 50 })).rejects.toMatchObject({
      kind: "TimedOut",
      retry: "later",
    });
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
  }
});

test("the signal ends it, before or after the first bytes", async () => {
  for (const path of ["/head", "/body"]) {
    const controller = new AbortController();
    const server = await serve((request, response) => {
      if (request.url === "/body") response.write(pattern(100));
      else controller.abort();
    });
    const store = await openMemory();
    const onProgress = () => controller.abort();
    const { signal } = controller;
    await expect(
      fetchThrough(store, "a", { url: server.url + path, signal, onProgress }),
    ).rejects.toMatchObject({ kind: "Cancelled" });
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
  }
});

test("a store that refuses the write ends the connection", async () => {
  const server = await serve((_, response) => response.write(pattern(100)));
  const store = await openMemory();
  const refusing: Store = {
    ...store,
    async write() {
      throw new Error("no");
    },
  };
  await expect(fetchThrough(refusing, "a", { url: server.url })).rejects.toThrow("no");
  await expect.poll(() => server.sockets.size).toBe(0);
});
