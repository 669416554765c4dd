import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { CANCEL_GRACE_MS } from "../../../../core/limits.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import { rclone } from "../../../../core/store/services/rclone.ts";
import type { Store } from "../../../../core/store/store.ts";
import { apache, createFolder } from "../../../servers/apache.ts";
import { startFaultProxy } from "../../../servers/fault_proxy.ts";
import { type Interception, startHttpInterceptor } from "../../../servers/http_interceptor.ts";
import { type RcloneDaemon, startRcloneDaemon, writeRcloneProgram } from "../../../servers/rclone_daemon.ts";
import { rcloneEnvironment } from "../../../servers/rclone_environment.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths, pattern, readAll } from "../../../suites/store_bench.ts";
import { filesBeside, testBroughtBack } from "../../../suites/test_brought_back.ts";

const environment = rcloneEnvironment({ disk: { type: "local" } });
const BROKEN = { status: 500, body: JSON.stringify({ error: "it broke: internal server error" }) };

requireServer("rclone")("an object that is replaced through rclone", () => {
  let daemon: RcloneDaemon;
  let folder: string;
  let space: string;
  /** What becomes of the requests that change names, by their number from 1. */
  let onMove: (count: number) => Interception;
  let moves: number;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    daemon = await startRcloneDaemon(environment);
  });
  afterAll(() => daemon.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "jcs-rclone-"));
    space = join(folder, "space");
    await mkdir(space);
    onMove = () => "pass";
    moves = 0;
    closing.push(() => rm(folder, { recursive: true }));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const throughInterceptor = async (): Promise<string> => {
    const interceptor = await startHttpInterceptor(daemon.port, (line) =>
      line === "POST /operations/movefile" ? onMove(++moves) : "pass",
    );
    closing.push(() => interceptor.close());
    const program = join(folder, `program-${interceptor.port}`);
    await writeRcloneProgram(program, interceptor.port);
    return program;
  };
  const open = async (): Promise<Store> => {
    const options = new Map([
      ["program", await throughInterceptor()],
      ["absolute", "true"],
    ]);
    // Without layers: they would wait and try again.
    const store = await rclone.open(
      { service: "rclone", name: "disk", workDirectory: `${space}/`, options },
      { environment },
    );
    closing.push(() => store.close());
    return store;
  };
  /** What lies there, hidden or not. */
  const lies = async () => (await readdir(space)).sort();
  const isOld = async () => (await readFile(join(space, "a"))).length === 10;

  test("is the old one or the new one when a rename fails or its answer is lost, and nothing lies beside it", async () => {
    const store = await open();
    // The first finds an object in the way, the second sets it aside, the third gives the new one its name.
    for (const [fault, how, outcome] of [
      [2, BROKEN, "old"],
      [2, "lose answer", "new"],
      [3, BROKEN, "new"],
      [3, "lose answer", "new"],
    ] as const) {
      const words = `rename ${fault}: ${typeof how}`;
      await writeFile(join(space, "a"), pattern(10));
      moves = 0;
      onMove = (count) => (count === fault ? how : "pass");
      const failed = await store.write("a", pattern(20)).catch((error: unknown) => error);
      expect(moves, words).toBeGreaterThan(1);
      if (failed instanceof Error)
        expect(failed, words).toMatchObject({ kind: "Unreachable", retry: "later" });
      expect(await lies(), words).toEqual(["a"]);
      expect(await isOld(), words).toBe(outcome === "old");
    }
  });

  test("comes back with the next look at it when it could not be brought back at once", async () => {
    const looks: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
      stat: async (store) => expect(await store.stat("a")).toMatchObject({ size: 10 }),
      read: async (store) => expect(await readAll(store, "a")).toHaveLength(10),
      "read of a range": async (store) => {
        expect(await readAll(store, "a", { offset: 2, length: 3 })).toHaveLength(3);
      },
      list: async (store) => expect(await listPaths(store, "")).toEqual(["a"]),
      "write of a new one": async (store) => {
        const exists = { kind: "AlreadyExists" };
        await expect(store.write("a", pattern(5), { ifAbsent: true })).rejects.toMatchObject(exists);
      },
      move: async (store) => {
        await store.move?.("a", "b");
        await store.move?.("b", "a");
      },
    };
    const store = await open();
    for (const [look, work] of Object.entries(looks)) {
      await writeFile(join(space, "a"), pattern(10));
      moves = 0;
      onMove = (count) => (count >= 3 ? BROKEN : "pass");
      const failed = await store.write("a", pattern(20)).catch((error: unknown) => error);
      expect(failed, look).toMatchObject({ kind: "Unreachable", retry: "later" });
      expect(await lies(), look).toEqual([".jcs-old.a"]);
      onMove = () => "pass";
      await work(store);
      expect(await lies(), look).toEqual(["a"]);
      expect(await isOld(), look).toBe(true);
    }
  });

  test("a new one that cannot have its name leaves nothing, and nobody says that there was an old one", async () => {
    const store = await open();
    onMove = () => BROKEN;
    const failed = await store.write("a", pattern(20)).catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind: "Unreachable", retry: "later" });
    expect(String(failed)).not.toMatch(/old|gone|\.jcs-/);
    expect(await lies()).toEqual([]);
  });

  test("is the old one or the new one when the caller cancels between any two steps, and nothing lies beside it", async () => {
    const store = await open();
    for (const count of [1, 2, 3]) {
      for (const how of ["pass", BROKEN] as const) {
        await writeFile(join(space, "a"), pattern(10));
        const control = new AbortController();
        moves = 0;
        onMove = (now) => {
          if (now !== count) return "pass";
          control.abort();
          return how;
        };
        const writing = store.write("a", pattern(20), { signal: control.signal });
        const failed = await writing.then(
          () => false,
          () => true,
        );
        const words = `rename ${count}: ${typeof how}`;
        expect(control.signal.aborted, words).toBe(true);
        expect(await lies(), words).toEqual(["a"]);
        expect(await isOld(), words).toBe(failed);
      }
    }
  });

  test("cancelled between the renames by a server that hangs, it is Cancelled in time, and the old one comes back", async () => {
    const program = await throughInterceptor();
    const proxy = await startFaultProxy(Number(program.split("-").at(-1)));
    const hanging = join(folder, "hanging");
    await writeRcloneProgram(hanging, proxy.port);
    await writeFile(join(space, "a"), pattern(10));
    const store = await openStore(`rclone:disk:${space}?retries=0&program=${hanging}`, { environment });
    const control = new AbortController();
    onMove = (count) => {
      if (count < 3) return "pass";
      void proxy.set({ kind: "hang", afterBytes: 0 });
      control.abort();
      return BROKEN;
    };
    const begunMs = Date.now();
    const writing = store.write("a", pattern(20), { signal: control.signal });
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    expect(Date.now() - begunMs).toBeLessThan(CANCEL_GRACE_MS + 4000);
    await proxy.close();
    await store.close();
    onMove = () => "pass";
    expect(await readAll(await open(), "a")).toHaveLength(10);
    expect((await lies()).filter((name) => !name.endsWith(".tmp"))).toEqual(["a"]);
  });

  test("is found after a kill -9 between any two steps", async () => {
    for (const count of [1, 2, 3]) {
      await rm(space, { recursive: true });
      await mkdir(space);
      await writeFile(join(space, "a"), pattern(20));
      moves = 0;
      const place = `rclone:disk:${space}?program=${await throughInterceptor()}`;
      const writer = spawn(process.execPath, [join(import.meta.dirname, "rclone", "killed_user.ts"), place], {
        env: environment,
        stdio: ["ignore", "ignore", "inherit"],
      });
      closing.push(async () => void writer.kill("SIGKILL"));
      onMove = (now) => {
        if (now < count) return "pass";
        writer.kill("SIGKILL");
        return BROKEN;
      };
      await once(writer, "exit");
      onMove = () => "pass";
      const left = await lies();
      expect(left, `rename ${count}`).toContain(count < 3 ? "a" : ".jcs-old.a");
      const store = await open();
      expect(await readAll(store, "a")).toHaveLength(20);
      expect((await lies()).filter((name) => !name.endsWith(".tmp"))).toEqual(["a"]);
    }
  });

  test("is found when a crash has left it aside, whatever is done first", async () => {
    await testBroughtBack(await open(), filesBeside(space));
  });

  test("that is moved away takes with it what a crash has left aside", async () => {
    const store = await open();
    for (const name of ["a", ".jcs-old.a"]) await writeFile(join(space, name), pattern(10));
    await store.move?.("a", "b");
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await lies()).toEqual(["b"]);
  });

  test("moved onto another one, either both or the moved one alone are there, whatever fails", async () => {
    const store = await open();
    for (const fault of [1, 2, 3, 4]) {
      for (const how of [BROKEN, "lose answer"] as const) {
        await writeFile(join(space, "a"), pattern(10));
        await writeFile(join(space, "b"), pattern(20));
        moves = 0;
        onMove = (count) => (count === fault ? how : "pass");
        await store.move?.("b", "a").catch(() => {});
        const words = `rename ${fault}: ${typeof how}`;
        const size = (await readFile(join(space, "a"))).length;
        expect(await lies(), words).toEqual(size === 20 ? ["a"] : ["a", "b"]);
        await rm(join(space, "b"), { force: true });
      }
    }
  });

  requireServer("apache")("on a backend that copies by itself, webdav on apache", () => {
    test("is copied onto, and found when a crash has left it aside", async () => {
      const server = await apache();
      const directory = await createFolder(server);
      const pass = (await execa("rclone", ["obscure", server.password])).stdout;
      const url = `http://127.0.0.1:${server.port}/dav`;
      const remote = { type: "webdav", vendor: "other", url, user: server.user, pass };
      const store = await openStore(`rclone:dav:${directory}`, {
        environment: rcloneEnvironment({ dav: remote }),
      });
      closing.push(() => store.close());
      await store.write("a", pattern(10));
      await store.write("b", pattern(20));
      await store.copy?.("b", "a");
      expect(await readAll(store, "a")).toHaveLength(20);
      expect((await readdir(join(server.root, directory))).sort()).toEqual(["a", "b"]);
      await store.remove("b");
      await testBroughtBack(store, filesBeside(join(server.root, directory)));
    });
  });
});
