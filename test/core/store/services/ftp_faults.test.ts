import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ftp, ftps } from "../../../../core/store/services/ftp.ts";
import type { Store } from "../../../../core/store/store.ts";
import { startFaultProxy } from "../../../servers/fault_proxy.ts";
import { type FtpPlace, openFtp } from "../../../servers/open_ftp.ts";
import { createFtpRoot, type Proftpd, proftpd, startProftpd } from "../../../servers/proftpd.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { filesBeside, testBroughtBack } from "../../../suites/test_brought_back.ts";

const MIB = 1024 * 1024;

requireServer("proftpd")("FTP when things go wrong", () => {
  let server: Proftpd;
  let tlsServer: Proftpd;
  let directory: string;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    [server, tlsServer] = await Promise.all([proftpd(), proftpd({ tls: true })]);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const open = async (place: Partial<FtpPlace> = {}): Promise<Store> => {
    directory = place.directory ?? (await createFtpRoot(place.server ?? server));
    const store = await openFtp({ server, directory, ...place });
    closing.push(() => store.close());
    return store;
  };
  const ownServer = async (settings: readonly string[] = []) => {
    const folder = await mkdtemp(join(tmpdir(), "jcs-proftpd-"));
    const own = await startProftpd(folder, { settings });
    const stop = async () => {
      await execa("pkill", ["-KILL", "-P", String(own.pid)], { reject: false });
      await execa("kill", ["-KILL", String(own.pid)], { reject: false });
    };
    closing.push(async () => {
      await stop();
      await rm(folder, { recursive: true });
    });
    return { own, stop };
  };
  const filesLeft = async () => (await readdir(directory)).sort();

  test("a wrong password is PermissionDenied, and nothing tells it", async () => {
    const store = await open({ options: { credential: `basic:${server.user}:hunter2` } });
    const error: Error = await store.stat("a").then(
      () => new Error("it let us in"),
      (failure) => failure,
    );
    expect(error).toMatchObject({ kind: "PermissionDenied", retry: "never" });
    expect(Bun.inspect(error)).not.toContain("hunter2");
    const broken = await open({ options: { credential: "basic:a\r\nDELE x:b" } });
    await expect(broken.stat("a")).rejects.toThrow();
  });

  describe("the certificate", () => {
    const reach = async (host: string, options: Readonly<Record<string, string>>) => {
      const root = await createFtpRoot(tlsServer);
      const { port, user, password } = tlsServer;
      const store = await ftps.open(
        {
          service: "ftps",
          name: `${host}:${port}`,
          workDirectory: `${root}/`,
          options: new Map(Object.entries({ credential: `basic:${user}:${password}`, ...options })),
        },
        { environment: {} },
      );
      closing.push(() => store.close());
      return store;
    };

    test("of an unknown authority is refused, with the way out", async () => {
      const store = await reach("localhost", {});
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
      await expect(store.stat("a")).rejects.toThrow("as ca=FILE");
    });

    test("of another name is refused", async () => {
      const store = await reach("127.0.0.1", { ca: tlsServer.certificate ?? "" });
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
    });

    test("is not looked at when that is asked for", async () => {
      const store = await reach("127.0.0.1", { insecure: "true" });
      await store.write("a", pattern(MIB));
      expect(sameBytes(await readAll(store, "a"), pattern(MIB))).toBe(true);
      await expect(
        reach("localhost", { ca: "/no/such/file" }).then((it) => it.stat("a")),
      ).rejects.toMatchObject({
        kind: "Config",
      });
    });

    test("is not asked for by ftp, which says so", async () => {
      const { port, user, password } = tlsServer;
      const options = new Map([["credential", `basic:${user}:${password}`]]);
      const store = await ftp.open(
        { service: "ftp", name: `localhost:${port}`, workDirectory: "/", options },
        { environment: {} },
      );
      closing.push(() => store.close());
      await expect(store.stat("a")).rejects.toThrow("use ftps://");
    });
  });

  test("names hold no second command", async () => {
    const store = await open();
    await store.write("victim", pattern(10));
    const name = "x\r\nDELE victim";
    await store.write(name, pattern(5));
    expect((await listPaths(store, "")).sort()).toEqual([name, "victim"].sort());
    expect((await store.stat("victim")).size).toBe(10);
    await store.remove(name);
    expect(await filesLeft()).toEqual(["victim"]);
  });

  test("a link that is moved onto the file that it leads to is refused, and the file keeps its bytes", async () => {
    const store = await open();
    await store.write("target", pattern(100));
    await store.write("other", pattern(50));
    await symlink("target", join(directory, "link"));
    await expect(store.move?.("link", "target")).rejects.toMatchObject({ kind: "Usage" });
    expect(sameBytes(await readAll(store, "target"), pattern(100))).toBe(true);
    await store.move?.("target", "other");
    expect(sameBytes(await readAll(store, "other"), pattern(100))).toBe(true);
  });

  test("a server without MLSD is listed with LIST, and asked with SIZE and MDTM", async () => {
    const { own } = await ownServer(["FactsAdvertise off"]);
    const store = await open({ server: own });
    const names = ["a b/c", "a b/-x", "d", "e'f"];
    for (const name of names) await store.write(name, pattern(1000));
    expect((await listPaths(store, "")).sort()).toEqual([...names].sort());
    expect((await listPaths(store, "", { delimited: true })).sort()).toEqual(["a b", "d", "e'f"]);
    const meta = await store.stat("d");
    expect(meta).toMatchObject({ kind: "file", size: 1000 });
    expect(Math.abs((meta.modifiedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await store.stat("a b")).toMatchObject({ kind: "directory" });
    await expect(store.stat("none")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await readAll(store, "a b/c", { offset: 900 })).toHaveLength(100);
  });

  test("a server that lets nobody replace files keeps the old one aside for a moment", async () => {
    const { own } = await ownServer(["<Directory />", "AllowOverwrite off", "</Directory>"]);
    const store = await open({ server: own });
    await store.write("a", pattern(10, 1));
    await store.write("a", pattern(20, 2));
    expect(sameBytes(await readAll(store, "a"), pattern(20, 2))).toBe(true);
    expect(await filesLeft()).toEqual(["a"]);
  });

  test("where nobody replaces files, one that a crash left aside comes back", async () => {
    const { own } = await ownServer(["<Directory />", "AllowOverwrite off", "</Directory>"]);
    const store = await open({ server: own });
    await testBroughtBack(store, filesBeside(directory));
  });

  test("a root that is missing is Unreachable, also when it was prepared and has lost its mark", async () => {
    const store = await open();
    await store.prepare?.();
    const prepared = await open({ directory, prepared: true });
    await prepared.write("a", pattern(10));
    await rename(directory, `${directory}-disk`);
    for (const [one, isThere] of [
      [store, false],
      [prepared, true],
    ] as const) {
      if (isThere) await mkdir(directory);
      const calls = [
        one.stat("a"),
        one.read("a"),
        one.write("a/b", pattern(10)),
        one.remove("a"),
        listPaths(one, ""),
        one.append?.("a", pattern(1)),
        one.move?.("a", "b"),
        one.makeDirectory?.("a"),
      ];
      for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
        expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Unreachable" } });
      }
    }
    expect(await filesLeft()).toEqual([]);
  });

  test("a server that takes no more connections is used with those it took", async () => {
    const { own } = await ownServer(["MaxClients 3"]);
    const store = await open({ server: own });
    const contents = Array.from({ length: 12 }, (_, index) => pattern(100_000, index + 1));
    await Promise.all(contents.map((content, index) => store.write(`${index}`, content)));
    expect((await filesLeft()).length).toBe(12);
    const { own: full } = await ownServer(["MaxClients 1"]);
    const first = await open({ server: full });
    await first.write("a", pattern(1));
    const second = await open({ server: full });
    await expect(second.stat("a")).rejects.toMatchObject({ kind: "Throttled", retry: "later" });
  });

  test("a server that is killed in the middle of a transfer is Unreachable, and worth another try", async () => {
    const { own, stop } = await ownServer();
    const store = await open({ server: own });
    await store.write("a", pattern(32 * MIB));
    const iterator = (await store.read("a"))[Symbol.asyncIterator]();
    await iterator.next();
    const body = testBody([pattern(MIB), pattern(MIB)]);
    await stop();
    const rest = async () => {
      while ((await iterator.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    await expect(store.write("b", body.stream)).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
  });

  test("a control connection that hangs or breaks costs one call, not the store", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const store = await open({ port: proxy.port });
    await store.write("a", pattern(1000));
    await proxy.set({ kind: "hang", afterBytes: 0 }, { times: 1 });
    const signal = AbortSignal.timeout(200);
    await expect(store.stat("a", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    await proxy.set({ kind: "reset", afterBytes: 0 }, { times: 1 });
    await expect(store.write("a", pattern(MIB))).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
    await proxy.set({ kind: "none" });
    expect((await store.stat("a")).size).toBe(1000);
    await expect.poll(filesLeft).toEqual(["a"]);
  });

  test("leftovers of a crash are hidden, and connections end when the store is closed", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const root = await createFtpRoot(server);
    const store = await openFtp({ server, directory: root, port: proxy.port });
    await writeFile(join(root, ".jcs-0123456789abcdef0123.tmp"), "half");
    await store.write("a", pattern(8 * MIB));
    for await (const _ of await store.read("a")) break;
    expect(await listPaths(store, "")).toEqual(["a"]);
    await store.close();
    await expect.poll(() => proxy.openConnections()).toBe(0);
  });
});
