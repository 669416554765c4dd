import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { adoptChunk } from "../../../../../core/bytes/adopt_chunk.ts";
import { openStore } from "../../../../../core/store/open_store.ts";
import { STATUS } from "../../../../../core/store/services/sftp/sftp_session.ts";
import { sftp } from "../../../../../core/store/services/sftp.ts";
import type { Store } from "../../../../../core/store/store.ts";
import { poisonFreeBuffers, takeBuffer } from "../../../../../ioswitch/buffer_pool.ts";
import { startFaultProxy } from "../../../../servers/fault_proxy.ts";
import { startScriptedSftp } from "../../../../servers/scripted_sftp.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../../suites/store_bench.ts";

const MIB = 1024 * 1024;
const CONTENT = pattern(3 * MIB);

describe("sftp when the server does what none should", () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const start = async () => {
    const server = await startScriptedSftp();
    server.files.set("/space/a", CONTENT);
    closing.push(async () => {
      await expect.poll(() => server.openConnections()).toBe(0);
      await server.close();
    });
    return server;
  };
  const openOn = async (port: number, hostKey = "any"): Promise<Store> => {
    const store = await sftp.open(
      {
        service: "sftp",
        name: `127.0.0.1:${port}`,
        workDirectory: "/space/",
        options: new Map([
          ["credential", "basic:me:secret"],
          ["host_key", hostKey],
        ]),
      },
      { environment: {} },
    );
    closing.push(() => store.close());
    return store;
  };
  const openLayered = async (port: number, options: string): Promise<Store> => {
    const text = `sftp://127.0.0.1:${port}/space?credential=basic:me:secret&host_key=any&retries=0&${options}`;
    const store = await openStore(text, { environment: {} });
    closing.push(() => store.close());
    return store;
  };
  const open = async () => {
    const server = await start();
    return { server, store: await openOn(server.port) };
  };

  test("a server whose key changes between two connections gets neither password nor bytes", async () => {
    const server = await start();
    const store = await openOn(server.port, server.fingerprint);
    expect((await store.stat("a")).size).toBe(CONTENT.length);
    server.changeKey();
    await expect.poll(() => server.openConnections()).toBe(0);
    await expect(store.write("b", CONTENT)).rejects.toMatchObject({
      kind: "PermissionDenied",
      retry: "never",
    });
    await expect(store.stat("a")).rejects.toThrow("it may be another server");
    expect([...server.files.keys()]).toEqual(["/space/a"]);
  });

  test("bytes that trickle are read, and what is too slow ends by the timeout", async () => {
    const server = await start();
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const store = await openLayered(proxy.port, "idle_timeout=5s");
    expect((await store.stat("a")).size).toBe(CONTENT.length);
    await proxy.set({ kind: "trickle", bytes: 64 * 1024, everyMs: 20 });
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
    await proxy.set({ kind: "trickle", bytes: 2048, everyMs: 20 });
    const impatient = await openLayered(proxy.port, "idle_timeout=300ms");
    const late = { kind: "TimedOut", retry: "later" };
    await expect(readAll(impatient, "a")).rejects.toMatchObject(late);
    await proxy.set({ kind: "none" });
    expect(sameBytes(await readAll(impatient, "a"), CONTENT)).toBe(true);
  });

  test("a file that is cut short is no file, nor one whose connection is", async () => {
    const server = await start();
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const store = await openOn(proxy.port);
    const later = { kind: "Unreachable", retry: "later" };
    server.script = { readableBytes: 2 * MIB + 5 };
    await expect(readAll(store, "a")).rejects.toMatchObject(later);
    await expect(readAll(store, "a")).rejects.toThrow(`the file ended after ${2 * MIB + 5} of ${3 * MIB}`);
    server.script = {};
    for (const kind of ["reset", "truncate"] as const) {
      await proxy.set({ kind, afterBytes: 2 * MIB }, { times: 1 });
      await expect(readAll(store, "a"), kind).rejects.toMatchObject(later);
    }
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
  });

  test.each([
    ["permissionDenied", "PermissionDenied"],
    ["failure", "Unexpected"],
    ["connectionLost", "Unreachable"],
  ] as const)("a write that meets %s in the middle is %s, and leaves nothing", async (status, kind) => {
    const { server, store } = await open();
    server.script = { write: (offset) => (offset > 2 * MIB ? STATUS[status] : 0) };
    await expect(store.write("b", CONTENT)).rejects.toMatchObject({ kind });
    await expect.poll(() => [...server.files.keys()]).toEqual(["/space/a"]);
    server.script = {};
    await store.write("b", CONTENT);
    expect(sameBytes(await readAll(store, "b"), CONTENT)).toBe(true);
  });

  test("a server that takes less at a time gets the bytes that were written, whatever becomes of their memory", async () => {
    const { server, store } = await open();
    let longest = 0;
    let ends = 0;
    server.script = {
      write(offset) {
        longest = Math.max(longest, offset - ends);
        ends = offset;
        return 0;
      },
    };
    const whole = pattern(4 * MIB + 12_345);
    poisonFreeBuffers(true);
    try {
      for (const isPooled of [true, false]) {
        const body = async function* () {
          for (let at = 0; at < whole.length; at += MIB) {
            const piece = whole.subarray(at, at + MIB);
            const chunk = isPooled ? takeBuffer(piece.length) : new Uint8Array(piece.length);
            chunk.set(piece);
            if (!isPooled) adoptChunk(chunk);
            yield chunk;
          }
        };
        longest = 0;
        ends = 0;
        await store.write("b", body());
        expect(sameBytes(server.files.get("/space/b") ?? new Uint8Array(), whole)).toBe(true);
        // What the library sends at once to a server that does not say what it takes.
        expect(longest).toBeLessThan(32 * 1024);
      }
    } finally {
      poisonFreeBuffers(false);
    }
  });

  describe("lists", () => {
    test.each([["../../etc/passwd"], ["b/c"], [""], ["b\0c"]])(
      "with the name %j are an error",
      async (name) => {
        const { server, store } = await open();
        server.script = { names: () => ["a", name] };
        await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "Unexpected" });
        server.script = {};
        expect(await listPaths(store, "")).toEqual(["a"]);
      },
    );

    test("of 200,000 names come whole, and one without an end is left at any name, in flat memory", async () => {
      const { server, store } = await open();
      let sent = 0;
      const upTo = (end: number) => () => {
        if (sent >= end) return undefined;
        const names = Array.from({ length: 500 }, (_, index) => `n${sent + index}`);
        sent += names.length;
        return names;
      };
      server.script = { names: upTo(200_000) };
      let count = 0;
      for await (const { path } of store.list("")) if (path === `n${count}`) count++;
      expect(count).toBe(200_000);
      sent = 0;
      server.script = { names: upTo(Number.POSITIVE_INFINITY) };
      let seen = 0;
      let aheadMax = 0;
      for await (const _ of store.list("")) {
        aheadMax = Math.max(aheadMax, sent - ++seen);
        if (seen === 50_000) break;
      }
      expect(aheadMax).toBeLessThanOrEqual(3000);
      expect((await store.stat("a")).size).toBe(CONTENT.length);
    });

    test("of nothing but empty answers end by the timeout", async () => {
      const server = await start();
      const store = await openLayered(server.port, "timeout=300ms");
      expect((await store.stat("a")).size).toBe(CONTENT.length);
      server.script = { names: () => [] };
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "TimedOut", retry: "later" });
    });
  });

  test("times at both ends of what the protocol can say are times", async () => {
    const { server, store } = await open();
    for (const modifiedAtSeconds of [0, 2 ** 32 - 1]) {
      server.script = { modifiedAtSeconds };
      const modifiedAt = new Date(modifiedAtSeconds * 1000);
      expect(await store.stat("a")).toMatchObject({ modifiedAt });
      for await (const entry of store.list("")) expect(entry).toMatchObject({ path: "a", modifiedAt });
      await store.write("b", pattern(10));
      await store.remove("b");
    }
  });

  test.each([
    ["garbage", pattern(5000)],
    ["a packet of 4 GiB", Buffer.from([255, 255, 255, 255, 2])],
    ["words", Buffer.from("This account is currently not available.\n")],
    ["nothing more", undefined],
  ])("a channel that begins with %s is a clear error", async (_, bytes) => {
    const server = await start();
    server.script = {
      channel(channel) {
        channel.on("error", () => {});
        if (bytes === undefined) channel.end();
        else channel.write(bytes);
      },
    };
    const store = await openOn(server.port);
    const failure = await store.stat("a").catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "JcsError" });
    expect(failure).not.toMatchObject({ kind: "NotFound" });
  });

  test("garbage in the middle of SFTP ends the session with a clear error", async () => {
    const server = await start();
    server.script = {
      channel(channel) {
        channel.on("error", () => {});
        channel.write(Buffer.from([0, 0, 0, 5, 2, 0, 0, 0, 3]));
        let packets = 0;
        channel.on("data", () => {
          packets += 1;
          if (packets === 2) channel.write(pattern(5000));
        });
      },
    };
    const store = await openOn(server.port);
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
  });

  describe("another protocol on the port", () => {
    const speak = async (bytes: string | Uint8Array, options: { readonly end: boolean }) => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket.resume());
        socket.on("close", () => sockets.delete(socket));
        socket.on("error", () => {});
        if (options.end) socket.end(bytes);
        else socket.write(bytes);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      closing.push(async () => {
        await expect.poll(() => sockets.size).toBe(0);
        server.close();
      });
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    };

    test.each([
      ["HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", true],
      ["bytes", pattern(100_000), false],
      ["another version", "SSH-1.5-old\r\n", false],
      ["SSH and then bytes", Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), pattern(100_000)]), false],
    ])("is a clear error: %s", async (_, bytes, end) => {
      const store = await openOn(await speak(bytes, { end }));
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable" });
    });

    test("that waits for us to speak ends by the timeout", async () => {
      const store = await openLayered(await speak("220 welcome\r\n", { end: false }), "timeout=300ms");
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "TimedOut", retry: "later" });
    });
  });
});
