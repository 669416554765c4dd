import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { startFaultProxy } from "../../../servers/fault_proxy.ts";
import { openSftp, type SftpPlace, sftpConnection } from "../../../servers/open_sftp.ts";
import { createSftpRoot, type Openssh, openssh, PASSPHRASE, startOpenssh } from "../../../servers/openssh.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { filesBeside, testBroughtBack } from "../../../suites/test_brought_back.ts";

const MIB = 1024 * 1024;

requireServer("openssh")("sftp when things go wrong", () => {
  let server: Openssh;
  let directory: string;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await openssh();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const open = async (place: Partial<SftpPlace> = {}): Promise<Store> => {
    directory = place.directory ?? (await createSftpRoot(place.server ?? server));
    const store = await openSftp({ server, directory, ...place });
    closing.push(() => store.close());
    return store;
  };
  /** A server of the test's own, with its pid and an end. */
  const ownServer = async (settings: readonly string[] = [], denied: readonly string[] = []) => {
    const folder = await mkdtemp(join(tmpdir(), "jcs-sshd-"));
    const own = await startOpenssh(folder, { settings, denied });
    const stop = async () => {
      await execa("pkill", ["-KILL", "-P", String(own.pid)], { reject: false });
      if (own.pid > 0) await execa("kill", ["-KILL", String(own.pid)], { reject: false });
    };
    closing.push(async () => {
      await stop();
      await rm(folder, { recursive: true });
    });
    return { own, stop };
  };
  const filesLeft = async () => (await readdir(directory)).sort();

  test("a server that cannot rename over a file replaces all the same, and what a crash left aside comes back", async () => {
    const { own } = await ownServer([], ["posix-rename", "hardlink"]);
    const store = await open({ server: own });
    await store.write("a", pattern(10, 1));
    await store.write("a", pattern(20, 2));
    expect(sameBytes(await readAll(store, "a"), pattern(20, 2))).toBe(true);
    expect(await filesLeft()).toEqual(["a"]);
    await store.remove("a");
    await testBroughtBack(store, filesBeside(directory));
  });

  describe("the server's key", () => {
    const known = async (text: string) => {
      const folder = await mkdtemp(join(tmpdir(), "jcs-known-"));
      closing.push(() => rm(folder, { recursive: true }));
      await writeFile(join(folder, "known_hosts"), text);
      return join(folder, "known_hosts");
    };
    const openKnowing = async (text: string) => {
      const { host_key: _, ...options } = { host_key: "", known_hosts: await known(text) };
      const root = await createSftpRoot(server);
      const { sftp } = await import("../../../../core/store/services/sftp.ts");
      const store = await sftp.open(
        {
          service: "sftp",
          name: `127.0.0.1:${server.port}`,
          workDirectory: `${root}/`,
          options: new Map(
            Object.entries({ user: server.user, credential: `file:${server.key}`, ...options }),
          ),
        },
        { environment: {} },
      );
      closing.push(() => store.close());
      return store;
    };

    test("is found in known_hosts", async () => {
      const store = await openKnowing(`[127.0.0.1]:${server.port} ${server.hostKey}\n`);
      await store.write("a", pattern(10));
      expect(await readAll(store, "a")).toHaveLength(10);
    });

    test("that is unknown is refused, with its fingerprint and the way out", async () => {
      const store = await openKnowing("");
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
      await expect(store.stat("a")).rejects.toThrow(
        `add host_key=${server.fingerprint} to the connection string`,
      );
    });

    test("that has changed is refused", async () => {
      const other = (await readFile(`${server.strangeKey}.pub`, "utf8")).trim();
      const store = await openKnowing(`[127.0.0.1]:${server.port} ${other}\n`);
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
      await expect(store.stat("a")).rejects.toThrow("the server's key has changed");
      const pinned = await open({ options: { host_key: `SHA256:${"A".repeat(43)}` } });
      await expect(pinned.stat("a")).rejects.toThrow("it may be another server");
    });

    test("is not looked at when that is asked for, and a fingerprint that is none is refused", async () => {
      const store = await open({ options: { host_key: "any" } });
      await store.write("a", pattern(1));
      await expect(open({ options: { host_key: "MD5:aa" } })).rejects.toMatchObject({ kind: "Usage" });
    });
  });

  describe("logging in", () => {
    test("works with a key behind a passphrase, and says what is wrong with one", async () => {
      const credential = `file:${server.lockedKey}`;
      const store = await open({ options: { credential, passphrase: PASSPHRASE } });
      await store.write("a", pattern(1));
      await expect(open({ options: { credential } })).rejects.toThrow('give its passphrase as "passphrase"');
      await expect(open({ options: { credential, passphrase: "wrong one" } })).rejects.toThrow(
        /its passphrase is wrong$/,
      );
      await expect(open({ options: { credential: "file:/no/such/key" } })).rejects.toMatchObject({
        kind: "Config",
      });
    });

    test("works with a key in the connection string, and by the agent", async () => {
      const content = (await readFile(server.key)).toString("base64");
      await (await open({ options: { credential: `base64:${content}` } })).write("a", pattern(1));
      const socket = join(await mkdtemp(join(tmpdir(), "jcs-agent-")), "socket");
      closing.push(() => rm(join(socket, ".."), { recursive: true }));
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      closing.push(async () => agent.kill());
      await new Promise((resolve) => agent.stdout.once("data", resolve));
      const environment = { SSH_AUTH_SOCK: socket };
      const store = await open({ options: { credential: "env" }, environment });
      await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "PermissionDenied" });
      await execa("ssh-add", ["-q", server.key], { env: environment });
      await store.write("a", pattern(1));
      await expect(open({ options: { credential: "env" } })).rejects.toMatchObject({ kind: "Config" });
    });

    test("with a wrong password or key is PermissionDenied, and nothing tells the password", async () => {
      for (const credential of [`basic:${server.user}:hunter2`, `file:${server.strangeKey}`]) {
        const store = await open({ options: { credential } });
        const error: Error = await store.stat("a").then(
          () => new Error("it let us in"),
          (failure) => failure,
        );
        expect(error).toMatchObject({ kind: "PermissionDenied", retry: "never" });
        expect(Bun.inspect(error)).not.toContain("hunter2");
      }
    });
  });

  describe("the root", () => {
    test("that is missing is Unreachable for every operation and is never made", async () => {
      const store = await open();
      await rm(directory, { recursive: true });
      const calls = [
        store.stat("a"),
        store.read("a"),
        store.write("a/b", pattern(10)),
        store.remove("a"),
        listPaths(store, ""),
        store.copy?.("a", "b"),
        store.move?.("a", "b"),
        store.append?.("a", pattern(1)),
        store.link?.("a", "b"),
        store.makeDirectory?.("a"),
        store.prepare?.(),
      ];
      for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
        expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Unreachable" } });
      }
    });

    test("that was prepared and has lost its mark is Unreachable and stays empty", async () => {
      await (await open()).prepare?.();
      const store = await open({ directory, prepared: true });
      await store.write("a", pattern(10));
      await rename(directory, `${directory}-disk`);
      await mkdir(directory);
      const calls = [
        store.stat("a"),
        store.write("a", pattern(1)),
        store.append?.("a", pattern(1)),
        listPaths(store, ""),
      ];
      for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
        expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Unreachable" } });
      }
      expect(await filesLeft()).toEqual([]);
    });
  });

  test("leftovers of a crash are hidden, and links lead where they say", async () => {
    const store = await open();
    await store.write("a/b", pattern(10));
    await writeFile(join(directory, "a", ".jcs-0123456789abcdef0123.tmp"), "half");
    await symlink("/etc", join(directory, "out"));
    expect((await listPaths(store, "")).sort()).toEqual(["a/b", "out"]);
    expect(await store.stat("out")).toMatchObject({ kind: "link", linkTarget: "/etc" });
  });

  test("a server that is killed in the middle of a transfer is Unreachable, worth another try, and found again", async () => {
    const { own, stop } = await ownServer();
    const store = await open({ server: own });
    await store.write("a", pattern(16 * MIB));
    const iterator = (await store.read("a"))[Symbol.asyncIterator]();
    await iterator.next();
    const body = testBody([pattern(MIB)], { hang: true });
    const writing = store.write("b", body.stream);
    writing.catch(() => {});
    await body.exhausted;
    await stop();
    const rest = async () => {
      while ((await iterator.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    void body.stream[Symbol.asyncIterator]().return?.();
    await expect(writing).rejects.toMatchObject({ kind: "Unreachable" });
  });

  test("a connection that is reset in the middle of a write leaves nothing, and the next call has a new one", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const store = await open({ port: proxy.port });
    await store.write("a", pattern(10));
    for (const kind of ["reset", "truncate"] as const) {
      await proxy.set({ kind, afterBytes: 2000 }, { times: 1 });
      await expect(store.write("a", pattern(32 * MIB)), kind).rejects.toMatchObject({
        kind: "Unreachable",
        retry: "later",
      });
      expect((await store.stat("a")).size).toBe(10);
      await expect.poll(filesLeft).toEqual(["a"]);
    }
  });

  test("a server that hangs can be cancelled, and the next call has a new connection", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const store = await open({ port: proxy.port, options: { connections: "1" } });
    await store.write("a", pattern(4 * MIB));
    await proxy.set({ kind: "hang", afterBytes: 0 }, { times: 1 });
    await expect(store.stat("a", { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      kind: "Cancelled",
    });
    expect((await store.stat("a")).size).toBe(4 * MIB);
    await proxy.set({ kind: "hang", afterBytes: MIB }, { times: 1 });
    const control = new AbortController();
    const stream = await store.read("a", { signal: control.signal });
    setTimeout(() => control.abort(), 200);
    const reading = async () => {
      for await (const _ of stream);
    };
    await expect(reading()).rejects.toMatchObject({ kind: "Cancelled" });
    expect((await store.stat("a")).size).toBe(4 * MIB);
  });

  test("bytes that trickle are no silence, from the beginning or later on", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const root = await createSftpRoot(server);
    const place = sftpConnection({ ...server, port: proxy.port }, root);
    const store = await openStore(`${place}&idle_timeout=1s&retries=0`, { environment: {} });
    closing.push(() => store.close());
    const [small, large] = [pattern(150_000, 1), pattern(5 * MIB, 2)];
    await store.write("small", small);
    await store.write("large", large);
    await proxy.set({ kind: "trickle", bytes: 2000, everyMs: 20 });
    expect(sameBytes(await readAll(store, "small"), small)).toBe(true);
    await proxy.set({ kind: "none" });
    const chunks: Uint8Array[] = [];
    for await (const chunk of await store.read("large")) {
      if (chunks.length === 0) await proxy.set({ kind: "trickle", bytes: 16_000, everyMs: 20 });
      chunks.push(Uint8Array.from(chunk));
    }
    expect(sameBytes(Buffer.concat(chunks), large)).toBe(true);
    // What is slow all of a sudden may be too slow once.
    await proxy.set({ kind: "none" });
    await readAll(store, "large");
    await proxy.set({ kind: "trickle", bytes: 2000, everyMs: 20 });
    await expect(readAll(store, "small")).rejects.toMatchObject({ kind: "TimedOut", retry: "later" });
    expect(sameBytes(await readAll(store, "small"), small)).toBe(true);
    await proxy.set({ kind: "hang", afterBytes: 100_000 });
    await expect(readAll(store, "small")).rejects.toMatchObject({ kind: "TimedOut" });
  });

  test("a server that takes no more connections is used with those it took", async () => {
    const { own } = await ownServer(["MaxStartups 1", "LoginGraceTime 20"]);
    const store = await open({ server: own, options: { connections: "8" } });
    const contents = Array.from({ length: 24 }, (_, index) => pattern(300_000, index + 1));
    await Promise.all(contents.map((content, index) => store.write(`${index}`, content)));
    for (const [index, content] of contents.entries()) {
      expect(sameBytes(await readAll(store, `${index}`), content)).toBe(true);
    }
  });

  test("ends its connections when it is closed", async () => {
    const proxy = await startFaultProxy(server.port);
    closing.push(() => proxy.close());
    const root = await createSftpRoot(server);
    const store = await openSftp({ server, directory: root, port: proxy.port });
    await Promise.all([1, 2, 3, 4, 5].map((index) => store.write(`${index}`, pattern(MIB))));
    for await (const _ of await store.read("1")) break;
    expect(proxy.openConnections()).toBeGreaterThan(0);
    await store.close();
    await expect.poll(() => proxy.openConnections()).toBe(0);
  });
});
