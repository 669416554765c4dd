import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  discard,
  type HttpAnswer,
  type HttpClient,
  httpClient,
} from "../../../../core/store/http/http_client.ts";
import { freeSlots, giveBack, poisonFreeBuffers, takeBuffer } from "../../../../ioswitch/buffer_pool.ts";

const MIB = 1024 * 1024;

let server: Server;
let client: HttpClient;
/** Connections so far, and all that came over them. */
let connections: { readonly socket: Socket; received: string }[];
/** What the server does when it has got something; the last of it is shown. */
let serve: (connection: { readonly socket: Socket; received: string }) => void;

beforeEach(async () => {
  connections = [];
  server = createServer((socket) => {
    const connection = { socket, received: "" };
    connections.push(connection);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      connection.received += bytes.toString("latin1");
      serve(connection);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  client = httpClient({ protocol: "http", host: "127.0.0.1", port, url: `http://127.0.0.1:${port}` });
});
afterEach(async () => {
  client.close();
  for (const { socket } of connections) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const answering = (text: string) => {
  serve = (connection) => {
    if (connection.received.endsWith("\r\n\r\n")) connection.socket.write(text, "latin1");
  };
};
const get = (path = "/", signal?: AbortSignal) =>
  client.send({ method: "GET", path, ...(signal === undefined ? {} : { signal }) });

async function textOf({ body }: HttpAnswer): Promise<string> {
  let text = "";
  for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
    text += Buffer.from(chunk).toString("latin1");
    giveBack(chunk);
  }
  return text;
}

async function* chunksOf(...chunks: readonly Uint8Array[]) {
  yield* chunks;
}
const bodyOf = (chunks: AsyncGenerator<Uint8Array>) => ({
  async next() {
    const { done, value } = await chunks.next();
    return done === true ? undefined : value;
  },
  end() {},
});

describe("one request", () => {
  test("goes out with its headers and length, and its answer comes in", async () => {
    serve = ({ socket, received }) => {
      if (received.endsWith("body"))
        socket.write("HTTP/1.1 201 Created\r\nETag: x\r\nContent-Length: 2\r\n\r\nok");
    };
    const body = Buffer.from("body");
    const answer = await client.send({ method: "PUT", path: "/a%20b?c", headers: { "X-Name": "ü" }, body });
    expect(answer).toMatchObject({ status: 201, headers: { etag: "x" } });
    expect(await textOf(answer)).toBe("ok");
    expect(answer.body.complete).toBe(true);
    const { host } = client.endpoint;
    expect(connections[0]?.received).toBe(
      `PUT /a%20b?c HTTP/1.1\r\nhost: ${host}:${client.endpoint.port}\r\naccept-encoding: identity\r\nuser-agent: jcs\r\n` +
        "content-length: 4\r\nx-name: \u00fc\r\n\r\nbody",
    );
  });

  test("sends a stream in chunks, and gives its memory back", async () => {
    answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const before = freeSlots().free;
    const pooled = takeBuffer(64 * 1024).fill(120);
    discard(
      await client.send({ method: "PUT", path: "/", body: bodyOf(chunksOf(Buffer.from("hello"), pooled)) }),
    );
    expect(freeSlots().free).toBe(before);
    const { received } = connections[0]!;
    expect(received).toContain("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n10000\r\nxxx");
    expect(received.endsWith("xxx\r\n0\r\n\r\n")).toBe(true);
  });

  test("sends a stream of a known length as it is", async () => {
    serve = ({ socket, received }) => {
      if (received.endsWith("hello")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    const body = bodyOf(chunksOf(Buffer.from("hel"), Buffer.from("lo")));
    discard(await client.send({ method: "PUT", path: "/", headers: { "content-length": "5" }, body }));
    expect(connections[0]?.received).toMatch(/content-length: 5\r\n\r\nhello$/);
  });

  test.each([
    { path: "/a b" },
    { path: "/a\r\nX: y" },
    { path: "" },
    { path: "/", headers: { "x-name": "a\r\nx: y" } },
    { path: "/", headers: { "x name": "a" } },
    { path: "/", headers: { x: "\u20ac" } },
    { path: "/", method: "GET /" },
  ])("that could be taken for another is not sent: %j", async (request) => {
    await expect(client.send({ method: "GET", ...request })).rejects.toMatchObject({
      code: "ERR_INVALID_CHAR",
    });
    expect(connections).toEqual([]);
  });
});

describe("connections", () => {
  test("serve one request after the other when the answer was taken", async () => {
    answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    for (let round = 0; round < 3; round++) expect(await textOf(await get())).toBe("x");
    expect(connections).toHaveLength(1);
    const [first, second] = await Promise.all([get(), get()]);
    expect([await textOf(first), await textOf(second)]).toEqual(["x", "x"]);
    expect(connections).toHaveLength(2);
  });

  test.each([
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxSURPLUS",
    "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
  ])("serve no other when the server does not want it or says too much: %j", async (text) => {
    answering(text);
    for (let round = 0; round < 2; round++) expect(await textOf(await get())).toBe("x");
    expect(connections).toHaveLength(2);
  });

  test("that the server has ended meanwhile are not used", async () => {
    answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    expect(await textOf(await get())).toBe("x");
    const closed = once(connections[0]!.socket, "close");
    connections[0]!.socket.end();
    await closed;
    expect(await textOf(await get())).toBe("x");
    expect(connections).toHaveLength(2);
  });

  test("are new for a stream, which could not be sent again", async () => {
    answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    discard(await get());
    discard(await client.send({ method: "PUT", path: "/", body: bodyOf(chunksOf(Buffer.from("x"))) }));
    expect(connections).toHaveLength(2);
  });

  test("hold the server up while nobody takes the answer", async () => {
    let sent = 0;
    serve = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
      const piece = Buffer.alloc(MIB, 1);
      const more = () => {
        while (sent < 64 * MIB) {
          sent += MIB;
          if (!socket.write(piece)) return;
        }
      };
      socket.on("drain", more);
      more();
    };
    const answer = await get();
    let last = -1;
    // Until the server could send nothing for a while.
    while (last !== sent) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(sent).toBeLessThan(32 * MIB);
    let bytes = 0;
    for (let chunk = await answer.body.next(); chunk !== undefined; chunk = await answer.body.next()) {
      bytes += chunk.length;
      giveBack(chunk);
    }
    expect([bytes, answer.body.complete]).toEqual([64 * MIB, true]);
  });
});

describe("what goes wrong", () => {
  test("an answer that breaks off is not complete", async () => {
    serve = ({ socket }) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    const answer = await get();
    expect(await textOf(answer)).toBe("half");
    expect(answer.body.complete).toBe(false);
  });

  test("an answer without a length that is cut by a reset is not complete", async () => {
    answering("HTTP/1.1 200 OK\r\n\r\nsome of it");
    const answer = await get();
    expect(Buffer.from((await answer.body.next()) ?? []).toString()).toBe("some of it");
    connections[0]?.socket.resetAndDestroy();
    await expect(answer.body.next()).rejects.toThrow(/ECONNRESET|reset/i);
    expect(answer.body.complete).toBe(false);
  });

  test("no answer, one that is none, and a failing body", async () => {
    serve = ({ socket }) => socket.end();
    await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
    serve = ({ socket }) => socket.write("220 smtp.example.com\r\n");
    await expect(get()).rejects.toMatchObject({ name: "MalformedAnswer" });
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("x");
      throw new Error("the disk is gone");
    };
    serve = () => {};
    await expect(client.send({ method: "PUT", path: "/", body: bodyOf(failing()) })).rejects.toThrow(
      "the disk",
    );
  });

  test("an early answer ends the sending, and is all that comes", async () => {
    serve = ({ socket, received }) => {
      if (received.length < 400) socket.write("HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull");
    };
    let asked = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked += 1;
        await new Promise((resolve) => setImmediate(resolve));
        yield Buffer.alloc(10, 1);
      }
    };
    const answer = await client.send({ method: "PUT", path: "/", body: bodyOf(endless()) });
    expect(answer.status).toBe(507);
    expect(await textOf(answer)).toBe("full");
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked - then).toBeLessThanOrEqual(1);
  });

  test("an early answer is what is told, also when the server resets the connection under the body", async () => {
    let bytes = 0;
    serve = ({ socket, received }) => {
      bytes = received.length;
      if (bytes < MIB || socket.isPaused()) return;
      socket.pause();
      socket.write("HTTP/1.1 507 Full\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfull", () =>
        // What was not read makes a reset of it.
        socket.destroy(),
      );
    };
    const chunks = async function* () {
      for (let sent = 0; sent < 64 * MIB; sent += MIB) yield new Uint8Array(MIB);
    };
    const headers = { "content-length": String(64 * MIB) };
    const answer = await client.send({ method: "PUT", path: "/", headers, body: bodyOf(chunks()) });
    expect([answer.status, bytes < 64 * MIB]).toEqual([507, true]);
    answer.body.destroy();
  });

  test("an abort ends the wait for an answer, and an answer that is being read", async () => {
    const asked = Promise.withResolvers<void>();
    serve = () => asked.resolve();
    const first = new AbortController();
    const waiting = get("/", first.signal);
    await asked.promise;
    first.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    const second = new AbortController();
    const answer = await get("/", second.signal);
    expect(await answer.body.next()).toHaveLength(4);
    const reading = answer.body.next();
    second.abort(new Error("more than enough"));
    await expect(reading).rejects.toThrow("more than enough");
    await expect(get("/", second.signal)).rejects.toThrow("more than enough");
  });

  test("a client that is closed ends what is under way", async () => {
    serve = () => client.close();
    await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("an answer that nobody wants costs its connection only when it is long", async () => {
    answering(`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${"x".repeat(10)}`);
    discard(await get());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await textOf(await get())).toHaveLength(10);
    expect(connections).toHaveLength(1);
    answering(`HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${"x".repeat(100_000)}`);
    const closed = once(connections[0]!.socket, "close");
    discard(await get());
    await closed;
  });
});

describe("memory that is lent to the socket", () => {
  /** Most that the socket and the kernels may hold of a body that nobody reads. */
  const HELD_BYTES_MAX = 16 * MIB;
  const endlessBody = (count: { taken: number }) =>
    bodyOf(
      (async function* () {
        for (;;) {
          count.taken += MIB;
          yield takeBuffer(MIB).fill(7);
        }
      })(),
    );
  /** Waits until `read()` stays the same for a while. */
  const settled = async (read: () => number) => {
    for (let last = -1; last !== read(); ) {
      last = read();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return read();
  };

  test("comes back once when a server that does not read is left, and does not grow meanwhile", async () => {
    const before = freeSlots().free;
    const stop = new AbortController();
    serve = ({ socket }) => void socket.pause();
    const count = { taken: 0 };
    const sending = client.send({ method: "PUT", path: "/", body: endlessBody(count), signal: stop.signal });
    const failed = expect(sending).rejects.toThrow("enough");
    expect(await settled(() => count.taken)).toBeLessThan(HELD_BYTES_MAX);
    stop.abort(new Error("enough"));
    await failed;
    await expect.poll(() => freeSlots().free).toBe(before);
  });

  test("comes back once when an early answer ends the sending, or the connection breaks", async () => {
    const before = freeSlots().free;
    const count = { taken: 0 };
    serve = ({ socket, received }) => {
      if (received.length < 2 * MIB) socket.write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    };
    const answer = await client.send({ method: "PUT", path: "/", body: endlessBody(count) });
    expect(answer.status).toBe(403);
    discard(answer);
    await expect.poll(() => freeSlots().free).toBe(before);
    serve = ({ socket }) => void socket.resetAndDestroy();
    await expect(client.send({ method: "PUT", path: "/", body: endlessBody(count) })).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|EPIPE/),
    });
    await expect.poll(() => freeSlots().free).toBe(before);
  });

  test("comes back when a body turns out longer than it was announced", async () => {
    const before = freeSlots().free;
    serve = () => {};
    const body = endlessBody({ taken: 0 });
    const headers = { "content-length": String(MIB + 1) };
    await expect(client.send({ method: "PUT", path: "/", headers, body })).rejects.toThrow();
    await expect.poll(() => freeSlots().free).toBeGreaterThanOrEqual(before - 1);
  });

  test("is not used again while a slow server still reads it", async () => {
    poisonFreeBuffers(true);
    const hash = createHash("sha256");
    let bytes = 0;
    const all = 24 * MIB;
    const server = createServer((socket) => {
      let isBody = false;
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        const at = isBody ? 0 : chunk.indexOf("\r\n\r\n") + 4;
        isBody = true;
        bytes += chunk.length - at;
        hash.update(chunk.subarray(at));
        if (bytes >= all) return void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const slow = httpClient({ ...client.endpoint, port });
    const expected = createHash("sha256");
    const chunks = async function* () {
      for (let index = 0; index < 24; index++) {
        const chunk = takeBuffer(MIB);
        for (let at = 0; at < MIB; at++) chunk[at] = (at * 31 + index) & 0xff;
        expected.update(chunk);
        yield chunk;
      }
    };
    try {
      const headers = { "content-length": String(all) };
      discard(await slow.send({ method: "PUT", path: "/", headers, body: bodyOf(chunks()) }));
      expect(hash.digest("hex")).toBe(expected.digest("hex"));
    } finally {
      poisonFreeBuffers(false);
      slow.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("a kept connection that the server ends with the next request", () => {
  /** Answers the first request of each connection; what comes after it ends the connection. */
  const onceEach = () => {
    serve = (connection) => {
      if (!connection.received.endsWith("\r\n\r\n")) return;
      if (connection.received.split("\r\n\r\n").length > 2) return void connection.socket.destroy();
      connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
  };

  test("costs nothing where asking twice does no harm", async () => {
    onceEach();
    for (let round = 0; round < 3; round++) expect(await textOf(await get())).toBe("x");
    expect(connections).toHaveLength(3);
  });

  test("is an error for what changes something, which is not sent again", async () => {
    onceEach();
    expect(await textOf(await get())).toBe("x");
    await expect(client.send({ method: "DELETE", path: "/" })).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(connections).toHaveLength(1);
  });

  test("is given up when it has failed twice", async () => {
    onceEach();
    expect(await textOf(await get())).toBe("x");
    serve = ({ socket }) => void socket.destroy();
    await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(connections).toHaveLength(2);
  });

  test("is not used when it said something unasked", async () => {
    onceEach();
    expect(await textOf(await get())).toBe("x");
    const closed = once(connections[0]!.socket, "close");
    connections[0]?.socket.write("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
    await closed;
    discard(await client.send({ method: "DELETE", path: "/" }));
    expect(connections).toHaveLength(2);
  });
});

test("an abort at any moment leaves no connection", async () => {
  for (let steps = 0; steps < 12; steps++) {
    serve = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      socket.write(Buffer.alloc(60_000));
    };
    const stop = new AbortController();
    const reading = get("/", stop.signal).then(async (answer) => await textOf(answer));
    const failed = expect(reading).rejects.toThrow("stop");
    for (let step = 0; step < steps; step++) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error("stop"));
    await failed;
  }
  await expect.poll(() => connections.filter(({ socket }) => !socket.destroyed).length).toBe(0);
});

test("a name that leads to several addresses is reached at the one that answers", async () => {
  answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  const named = httpClient({ ...client.endpoint, host: "localhost" });
  expect(await textOf(await named.send({ method: "GET", path: "/" }))).toBe("x");
  named.close();
});

test("a name that nobody knows fails with the name", async () => {
  const unreachable = httpClient({ ...client.endpoint, host: "nobody.invalid" });
  await expect(unreachable.send({ method: "GET", path: "/" })).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    server: `nobody.invalid:${client.endpoint.port}`,
  });
});
