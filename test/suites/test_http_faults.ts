import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { GARBAGE_BYTES_MAX } from "../../cli/guard_memory.ts";
import { setGarbageCollector } from "../../core/bytes/garbage.ts";
import { type ErrorKind, JcsError } from "../../core/errors.ts";
import type { Store } from "../../core/store/store.ts";
import type { Interception } from "../servers/http_interceptor.ts";
import { storesThrough } from "../servers/stores_through.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "./store_bench.ts";
import { testHttpRefusals } from "./test_http_refusals.ts";

const MIB = 1024 * 1024;
/** More than the memory that a list may take, in entries. */
const MANY_ENTRIES = 150_000;
const LIST_GROWTH_BYTES_MAX = 96 * MIB;

/** A service that speaks HTTP, and its real server. */
export interface HttpFaultBench {
  readonly port: number;
  /** Opens a store whose requests go to `port` on 127.0.0.1, without layers. */
  readonly open: (port: number) => Promise<Store>;
  /** What must show in no message and go to no other server. */
  readonly secrets: readonly string[];
  /** The answer to a request for a list that never ends: writes entries until the connection is closed. */
  readonly endlessList: (request: IncomingMessage, answer: ServerResponse) => Promise<void>;
  /** The status of an answer that holds a list. */
  readonly listStatus: number;
  /** What an answer that is no list is called; `Unexpected` unless given. */
  readonly noList?: ErrorKind;
  /** Whether reads follow redirects to other servers. */
  readonly followsRedirects: boolean;
  /** What comes before `METHOD /path` of a request that makes an object or a part of one; PUT unless given. */
  readonly writes?: RegExp;
  /** `METHOD /path` of requests that are made when the store is opened, and always answered. */
  readonly opens?: RegExp;
  /** The answer that stands for this status where it is not one with this status. Such a one does not say how long to wait. */
  readonly refusal?: (status: number) => { readonly status: number; readonly body: string };
  /** Of a service that can only be read: puts an object there. */
  readonly put?: (path: string, bytes: Uint8Array) => Promise<void>;
  /** As `open`, by TLS. */
  readonly openTls?: (port: number) => Promise<Store>;
  /** Of a service with directories: answers requests as if there were nothing but a directory of this name in every directory. */
  readonly endlessTree?: (name: string, request: IncomingMessage, answer: ServerResponse) => void;
  /** Of a service whose lists come in pages: answers every request for one with a page that says that it follows itself. */
  readonly samePage?: (request: IncomingMessage, answer: ServerResponse) => void;
}

/** Checks what becomes of everything that can go wrong between a service and its HTTP server: the right result or a clear error, no secret
 *  anywhere, no connection left. */
export function testHttpFaults(name: string, prepare: () => Promise<HttpFaultBench>): void {
  describe(name, () => {
    let bench: HttpFaultBench;
    const { closing, through, proxied, ...stores } = storesThrough(() => bench);
    const intercepted = (decide: (line: string) => Interception) =>
      stores.intercepted((line) => (bench.opens?.test(line) === true ? "pass" : decide(line)));
    const serving = async (handle: (request: IncomingMessage, answer: ServerResponse) => void) => {
      const server = createServer(handle);
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      closing.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
      return (server.address() as AddressInfo).port;
    };
    const put = async (store: Store, path: string, bytes: Uint8Array) =>
      void (await (bench.put === undefined ? store.write(path, bytes) : bench.put(path, bytes)));
    const changes = (store: Store) => store.capabilities.readOnly !== true;
    beforeAll(async () => {
      bench = await prepare();
    });

    test("refused and broken connections are Unreachable, and worth another try", async () => {
      const { proxy, store } = await proxied();
      await put(store, "x", pattern(10));
      for (const fault of [
        { kind: "refuse" },
        { kind: "reset", afterBytes: 0 },
        { kind: "truncate", afterBytes: 9 },
      ] as const) {
        await proxy.set(fault);
        const failed = { kind: "Unreachable", retry: "later" };
        await expect(store.stat("x"), fault.kind).rejects.toMatchObject(failed);
        await expect(store.read("x"), fault.kind).rejects.toMatchObject(failed);
        await expect(listPaths(store, ""), fault.kind).rejects.toMatchObject(failed);
        if (!changes(store)) continue;
        await expect(store.write("x", pattern(11)), fault.kind).rejects.toMatchObject(failed);
        await expect(store.remove("x"), fault.kind).rejects.toMatchObject(failed);
      }
      await proxy.set({ kind: "none" });
      await put(store, "x", pattern(10));
      expect((await store.stat("x")).size).toBe(10);
    });

    test("a body that ends too early or breaks is an error in the stream", async () => {
      const { proxy, store } = await proxied();
      const bytes = randomBytes(4 * MIB);
      await put(store, "x", bytes);
      for (const kind of ["truncate", "reset"] as const) {
        await proxy.set({ kind, afterBytes: 2 * MIB });
        const stream = await store.read("x");
        let received = 0;
        const reading = async () => {
          for await (const chunk of stream) received += chunk.length;
        };
        await expect(reading(), kind).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
        expect(received).toBeLessThan(bytes.length);
      }
    });

    test("a server that hangs can be cancelled, before and within the body, and leaves no connection", async () => {
      const { proxy, store } = await proxied();
      await put(store, "x", randomBytes(4 * MIB));
      await proxy.set({ kind: "hang", afterBytes: 0 });
      const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => store.stat("x", { signal }),
        (signal) => store.read("x", { signal }),
        (signal) => listPaths(store, "", { signal }),
        ...(changes(store)
          ? [
              (signal: AbortSignal) => store.write("y", randomBytes(2 * MIB), { signal }),
              (signal: AbortSignal) => store.remove("z", { signal }),
            ]
          : []),
      ];
      for (const call of calls) {
        await expect(call(AbortSignal.timeout(100))).rejects.toMatchObject({ kind: "Cancelled" });
      }
      await proxy.set({ kind: "hang", afterBytes: 1 * MIB });
      const control = new AbortController();
      const stream = await store.read("x", { signal: control.signal });
      const reading = async () => {
        for await (const _ of stream) control.abort();
      };
      await expect(reading()).rejects.toMatchObject({ kind: "Cancelled" });
      await store.close();
      await expect.poll(() => proxy.openConnections()).toBe(0);
    });

    test("a slow server is no error", async () => {
      const { proxy, store } = await proxied();
      await put(store, "x", Buffer.from("slowly"));
      await proxy.set({ kind: "trickle", bytes: 40, everyMs: 1 });
      expect(Buffer.from(await readAll(store, "x")).toString()).toBe("slowly");
      expect(await listPaths(store, "")).toContain("x");
    });

    test("ends its connections when it is closed, and when a reader stops early", async () => {
      const { proxy, store } = await proxied();
      await put(store, "x", randomBytes(8 * MIB));
      for await (const _ of await store.read("x")) break;
      await expect.poll(() => proxy.openConnections()).toBeLessThanOrEqual(1);
      await store.close();
      await expect.poll(() => proxy.openConnections()).toBe(0);
    });

    test("says what the server's answers mean, and how long it wants to be left alone", async () => {
      let answer: Interception = "pass";
      const { store } = await intercepted(() => answer);
      const { refusal } = bench;
      const wait = refusal === undefined ? { retryAfterMs: 7000 } : {};
      const throttled = { kind: "Throttled", retry: "later", ...wait };
      for (const [status, meant] of [
        [429, throttled],
        [503, throttled],
        [500, { kind: "Unreachable", retry: "later" }],
        [401, { kind: "PermissionDenied", retry: "never" }],
        [403, { kind: "PermissionDenied", retry: "never" }],
        [507, { kind: "NoSpace", retry: "never" }],
      ] as const) {
        answer = refusal?.(status) ?? { status, headers: { "retry-after": "7" }, body: "<html>no</html>" };
        const body = () => testBody([pattern(10)]).stream;
        await expect(store.read("x"), `read ${status}`).rejects.toMatchObject(meant);
        await expect(store.stat("x"), `stat ${status}`).rejects.toMatchObject(meant);
        await expect(listPaths(store, ""), `list ${status}`).rejects.toMatchObject(meant);
        if (!changes(store)) continue;
        await expect(store.write("x", pattern(10)), `write ${status}`).rejects.toMatchObject(meant);
        if (status !== 429 && status !== 503 && status !== 500) {
          await expect(store.write("x", body(), { size: 10 })).rejects.toMatchObject(meant);
        }
      }
    });

    test("a redirect takes no secret to another server, and a write is never redirected", async () => {
      const seen: string[] = [];
      const other = await serving((request, answer) => {
        seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
        answer.end("elsewhere");
      });
      const { store } = await intercepted((line) => ({
        status: 307,
        headers: { location: `http://127.0.0.1:${other}${line.split(" ")[1]}` },
      }));
      const reading = readAll(store, "x");
      if (bench.followsRedirects) {
        expect(Buffer.from(await reading).toString()).toBe("elsewhere");
        expect(seen).toHaveLength(1);
        expect(seen[0]).not.toMatch(/authorization/i);
        for (const secret of bench.secrets) expect(seen[0]).not.toContain(secret);
      } else {
        await expect(reading).rejects.toMatchObject({ kind: "Config" });
      }
      seen.splice(0);
      if (!changes(store)) return;
      const refused = { kind: "Config", retry: "never" };
      await expect(store.write("x", pattern(10))).rejects.toMatchObject(refused);
      await expect(store.write("x", testBody([pattern(2 * MIB)]).stream)).rejects.toMatchObject(refused);
      await expect(store.remove("x")).rejects.toMatchObject(refused);
      await expect(listPaths(store, "")).rejects.toMatchObject(refused);
      expect(seen).toEqual([]);
    });

    test("a list that is no list, or broken, is an error and never a short list", async () => {
      let body = "";
      const { store } = await intercepted(() => ({ status: bench.listStatus, body }));
      for (body of [
        "",
        "<html><body>Welcome<br></body></html>",
        "{}",
        "<?xml version='1.0'?><a><b></a>",
        "<?xml version='1.0'?><other/>",
        "\u0000\u0001",
      ]) {
        await expect(listPaths(store, ""), body).rejects.toMatchObject({
          kind: bench.noList ?? "Unexpected",
        });
      }
    });

    test("a list without an end takes no memory, and can be ended", { timeout: 60_000 }, async () => {
      const port = await serving((request, answer) => void bench.endlessList(request, answer));
      const store = await through(port);
      let entries = 0;
      let before = 0;
      // As the program does it.
      setGarbageCollector({ afterBytes: GARBAGE_BYTES_MAX, collect: () => Bun.gc(true) });
      try {
        for await (const { path } of store.list("")) {
          expect(path).not.toBe("");
          entries += 1;
          if (entries === 20_000) before = process.memoryUsage.rss();
          if (entries === MANY_ENTRIES) break;
        }
      } finally {
        setGarbageCollector(undefined);
      }
      expect(process.memoryUsage.rss() - before).toBeLessThan(LIST_GROWTH_BYTES_MAX);
    });

    test("no name, type or metadata can add a header or a request", async () => {
      const { store, interceptor } = await intercepted(() => "pass");
      const evil = "a\r\nx-injected: 1\r\n\r\nDELETE / HTTP/1.1\r\nx: ";
      // Servers have bounds for the length of names.
      const metadata = { [evil.slice(0, 18)]: evil };
      const { userMetadata } = store.capabilities;
      if (!changes(store)) {
        await expect(store.stat(evil.replaceAll("/", "-"))).rejects.toMatchObject({ kind: "NotFound" });
        for (const headers of interceptor.headers) expect(headers["x-injected"]).toBeUndefined();
        return;
      }
      await store.write(evil.replaceAll("/", "-"), pattern(10), {
        contentType: `text/plain${evil}`,
        ...(userMetadata ? { metadata } : {}),
      });
      const [path = ""] = await listPaths(store, "");
      const meta = await store.stat(path);
      expect(path).toBe(evil.replaceAll("/", "-"));
      if (userMetadata) expect(meta.metadata).toEqual(metadata);
      if (store.copy !== undefined) await store.copy(path, `${path}2`);
      await store.remove(path);
      for (const headers of interceptor.headers) expect(headers["x-injected"]).toBeUndefined();
      expect(interceptor.requests.some((line) => line === "DELETE /")).toBe(false);
    });

    test("hides secrets in errors of every kind", async () => {
      let answer: Interception = { status: 403, body: "no" };
      const { store } = await intercepted(() => answer);
      for (answer of [{ status: 403 }, { status: 418, headers: { location: "x" } }, "lose answer"] as const) {
        for (const call of [
          () => store.stat("x"),
          () => store.read("x"),
          ...(changes(store) ? [() => store.write("x", pattern(3))] : []),
        ]) {
          const error = await call().then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (answer === "lose answer" && error === undefined) continue;
          expect(error).toBeInstanceOf(JcsError);
          const shown = inspect(error, { depth: 30, showHidden: true });
          for (const secret of bench.secrets) expect(shown).not.toContain(secret);
        }
      }
    });

    test("an answer that is lost leaves the object whole, or none", async () => {
      let lose = true;
      const { writes = /^PUT/ } = bench;
      const { store } = await intercepted((line) => (lose && writes.test(line) ? "lose answer" : "pass"));
      if (!changes(store)) return;
      const content = pattern(3 * MIB);
      const writing = store.write("x", testBody([content]).stream, { size: content.length });
      const failed = await writing.then(
        () => false,
        () => true,
      );
      lose = false;
      const there = await listPaths(store, "");
      expect(there.filter((path) => path !== "x")).toEqual([]);
      if (there.includes("x")) expect(sameBytes(await readAll(store, "x"), content)).toBe(true);
      else expect(failed).toBe(true);
    });

    testHttpRefusals(() => ({ bench, closing, put, intercepted, serving, through }));
  });
}
