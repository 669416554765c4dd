import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConnection, redact } from "../../../../core/store/connection_string.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { rcloneEnvironment } from "../../../servers/rclone_environment.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

let folder: string;
const stores: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "jcs-rclone-"));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = rcloneEnvironment({ disk: { type: "local" } });

async function openRclone(text: string): Promise<Store> {
  const store = await openStore(text, { environment });
  stores.push(store);
  return store;
}

describe("the spelling of rclone", () => {
  test("is the usual form in other words", () => {
    const relative = { name: "nas", workDirectory: "/a/b/" };
    expect(parseConnection("rclone:nas:a/b")).toMatchObject(relative);
    expect(parseConnection("rclone:nas:")).toMatchObject({ name: "nas", workDirectory: "/" });
    const absolute = parseConnection("rclone:nas:/a/b?fast_list");
    expect(absolute).toMatchObject(relative);
    expect([...absolute.options]).toEqual([
      ["absolute", "true"],
      ["fast_list", "true"],
    ]);
    expect(redact("rclone:nas:a?nonsense=secret")).toBe("rclone://nas/a?nonsense=***");
  });
});

describe("without a fit rclone", () => {
  test("says what is missing and what to do", async () => {
    const program = join(folder, "rclone");
    const place = `rclone://disk/a?program=${program}`;
    const message = (text: RegExp) => ({ kind: "Config", message: expect.stringMatching(text) });
    await expect(openRclone(place)).rejects.toMatchObject(
      message(/no such program; install rclone 1\.60 or newer/),
    );
    await writeFile(program, "#!/bin/sh\necho rclone v1.59.2\n");
    await chmod(program, 0o755);
    await expect(openRclone(place)).rejects.toMatchObject(message(/rclone v1\.59\.2 is too old/));
    await writeFile(program, "#!/bin/sh\necho hello\n");
    await expect(openRclone(place)).rejects.toMatchObject(message(/it is not rclone/));
    await writeFile(
      program,
      "#!/bin/sh\n[ $1 = version ] && echo rclone v9.9.9 || { echo no such flag >&2; exit 1; }\n",
    );
    await expect(openRclone(place)).rejects.toMatchObject(message(/it ended at once: no such flag/));
  });
});

requireServer("rclone")("rclone", () => {
  test("an unknown remote is Config, a missing folder Unreachable, and nothing is made", async () => {
    await expect(openRclone("rclone://nobody/a")).rejects.toMatchObject({ kind: "Config" });
    await expect(openRclone("rclone://-x/a")).rejects.toMatchObject({ kind: "Usage" });
    const store = await openRclone(`rclone:disk:${folder}/missing`);
    const gone = { kind: "Unreachable" };
    await expect(store.stat("a")).rejects.toMatchObject(gone);
    await expect(store.read("a")).rejects.toMatchObject(gone);
    await expect(store.write("a", pattern(10))).rejects.toMatchObject(gone);
    await expect(store.remove("a")).rejects.toMatchObject(gone);
    await expect(listPaths(store, "")).rejects.toMatchObject(gone);
    expect(await readdir(folder)).toEqual([]);
  });

  test("one rclone serves all stores, without a secret on its command line, and ends with the last", async () => {
    const [first, second] = [
      await openRclone(`rclone:disk:${folder}`),
      await openRclone(`rclone:disk:${folder}`),
    ];
    const running = await children(process.pid);
    expect(running).toHaveLength(1);
    const [guard = 0] = running;
    const lines = await Promise.all(
      (await tree(guard)).map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1")),
    );
    expect(lines.join()).toContain("--rc-serve");
    const variables = await readFile(`/proc/${guard}/environ`, "latin1");
    const password = /RCLONE_RC_PASS=([\w-]+)/.exec(variables)?.[1] ?? "";
    expect(password.length).toBeGreaterThan(30);
    expect(lines.join()).not.toContain(password);
    await first.close();
    await second.write("a", pattern(10));
    await second.close();
    expect(await children(process.pid)).toEqual([]);
  });

  test("an rclone that was killed is started anew", async () => {
    // Until jcs is told that rclone has ended, a request may still go to the one that was killed: that is worth another try.
    const store = await openRclone(`rclone:disk:${folder}`);
    await store.write("a", pattern(10));
    const [guard = 0] = await children(process.pid);
    for (const pid of await tree(guard)) process.kill(pid, "SIGKILL");
    await expect.poll(() => children(process.pid)).toEqual([]);
    expect(await readAll(store, "a")).toHaveLength(10);
  });

  test("ends when jcs is killed", async () => {
    const user = spawn(
      process.execPath,
      [join(import.meta.dirname, "rclone", "killed_user.ts"), `rclone:disk:${folder}`],
      {
        env: environment,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(user.stdout, "data");
    const pids = (await tree(user.pid ?? 0)).filter((pid) => pid !== user.pid);
    expect(pids.length).toBeGreaterThan(1);
    user.kill("SIGKILL");
    await expect
      .poll(async () => (await Promise.all(pids.map(isRunning))).filter(Boolean), { timeout: 5000 })
      .toEqual([]);
  });

  test("hides what was left half written, and leaves nothing itself", async () => {
    const store = await openRclone(`rclone:disk:${folder}`);
    await writeFile(join(folder, ".jcs-0123456789abcdef0123.tmp"), "half");
    expect(await listPaths(store, "")).toEqual([]);
    await expect(store.read(".jcs-0123456789abcdef0123.tmp")).rejects.toMatchObject({ kind: "Usage" });
    const body = testBody([pattern(100_000)], { error: new Error("broken") });
    await expect(store.write("a", body.stream)).rejects.toThrow("broken");
    expect(await readdir(folder)).toEqual([".jcs-0123456789abcdef0123.tmp"]);
  });

  test("removes what was left half written long ago", async () => {
    const store = await openRclone(`rclone:disk:${folder}`);
    const old = join(folder, "deep", ".jcs-0123456789abcdef0000.tmp");
    await mkdir(join(folder, "deep"));
    for (const file of [old, join(folder, "deep", ".jcs-0123456789abcdef0001.tmp")])
      await writeFile(file, "half");
    await utimes(old, new Date(), new Date(Date.now() - 2 * 24 * 60 * 60_000));
    expect(await listPaths(store, "")).toEqual([]);
    expect(await readdir(join(folder, "deep"))).toEqual([".jcs-0123456789abcdef0001.tmp"]);
  });

  test("replaces an object by one of the same length at the same time, and reads large streams of unknown length", async () => {
    const store = await openRclone(`rclone:disk:${folder}`);
    for (const seed of [1, 2, 3]) {
      await store.write("a", pattern(10, seed));
      expect(sameBytes(await readAll(store, "a"), pattern(10, seed))).toBe(true);
    }
    const chunks = Array.from({ length: 20 }, (_, seed) => pattern(1024 * 1024, seed));
    expect(await store.write("b", testBody(chunks).stream)).toMatchObject({ size: 20 * 1024 * 1024 });
    expect(sameBytes(await readAll(store, "b"), Buffer.concat(chunks))).toBe(true);
  });

  test("lists a whole tree in one call with fast_list", async () => {
    const store = await openRclone(`rclone:disk:${folder}?fast_list`);
    for (const path of ["a", "b/c", "b/d/e"]) await store.write(path, pattern(1));
    expect((await listPaths(store, "")).sort()).toEqual(["a", "b/c", "b/d/e"]);
    expect((await listPaths(store, "", { delimited: true })).sort()).toEqual(["a", "b"]);
  });
});

async function children(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const found = text.trim().split(" ").filter(Boolean).map(Number);
  const running = await Promise.all(found.map(isRunning));
  return found.filter((_, index) => running[index]);
}

async function tree(pid: number): Promise<number[]> {
  const below = await Promise.all((await children(pid)).map(tree));
  return [pid, ...below.flat()];
}

async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text !== "" && !/\) [ZX] /.test(text);
}
