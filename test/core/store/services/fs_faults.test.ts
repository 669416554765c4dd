import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const OPTIONS = { environment: { JCS_FS_RETRIES: "0" } };
const MARK = ".jcs-space";

/** Mounting a file system takes the rights of root. */
const isRoot = process.getuid?.() === 0;

let directory: string;
let root: string;
const open = (options: { readonly prepared?: boolean } = {}): Promise<Store> =>
  openStore(`fs://${root}`, { ...OPTIONS, ...options });

/** A write that has taken half of its body, and gets the rest when it may go on. */
async function halfWritten(store: Store, path: string) {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slowly() {
    yield pattern(1000);
    begun.resolve();
    await gate.promise;
    yield pattern(1000);
  }
  const writing = store.write(path, slowly());
  writing.catch(() => {});
  await begun.promise;
  return { writing, goOn: gate.resolve };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-fs-faults-"));
  root = join(directory, "root");
  await mkdir(root);
});
afterEach(() => rm(directory, { recursive: true }));

/** Every file below the root, jcs's own included. */
const filesLeft = async (): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

describe("a root that is not there", () => {
  test("is Unreachable for every operation and is never made", async () => {
    const store = await open();
    await rm(root, { recursive: true });
    const body = testBody([pattern(10)]);
    const calls = [
      store.stat("a"),
      store.read("a"),
      store.write("a", body.stream),
      store.write("a/b/c", pattern(10)),
      store.write("a", pattern(10), { ifAbsent: true }),
      store.remove("a"),
      store.remove("a/b"),
      listPaths(store, ""),
      listPaths(store, "a"),
      store.copy?.("a", "b"),
      store.move?.("a", "b"),
      store.makeDirectory?.("a/b"),
      store.prepare?.(),
    ];
    for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
      expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Unreachable" } });
    }
    await body.cancelled;
    await expect(lstat(root)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is Unreachable also when it vanishes during a write, and is not made anew", async () => {
    const store = await open();
    const { writing, goOn } = await halfWritten(store, "a/b");
    await rename(root, join(directory, "elsewhere"));
    goOn();
    await expect(writing).rejects.toMatchObject({ kind: "Unreachable" });
    await expect(lstat(root)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is Unreachable when it is a file", async () => {
    const store = await openStore(`fs://${root}/file`, OPTIONS);
    await writeFile(join(root, "file"), "");
    await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "Unreachable" });
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable" });
  });

  test("comes back when it is there again", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    await rename(root, `${root}-away`);
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable" });
    await rename(`${root}-away`, root);
    expect((await store.stat("a")).size).toBe(10);
  });
});

test("directories that vanish while they are listed are passed over", async () => {
  const store = await open();
  const names = Array.from({ length: 20 }, (_, index) => `d${index}`);
  for (const name of names) await store.write(`${name}/f`, pattern(1));
  const paths: string[] = [];
  for await (const { path } of store.list("")) {
    paths.push(path);
    for (const name of names)
      if (!path.startsWith(`${name}/`)) await rm(join(root, name), { recursive: true, force: true });
  }
  expect(paths).toHaveLength(1);
});

test("a list gives the files of a directory before it opens the next one", async () => {
  const store = await open();
  for (let index = 0; index < 3; index++) await store.write(`d${index}/f`, pattern(1));
  const iterator = store.list("")[Symbol.asyncIterator]();
  const first = (await iterator.next()).value?.path.slice(0, 2);
  // What comes after the first is not looked for before it is asked for.
  for (const name of ["d0", "d1", "d2"].filter((name) => name !== first))
    await store.write(`${name}/g`, pattern(1));
  const rest: string[] = [];
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
    rest.push(next.value.path);
  expect(rest.sort()).toHaveLength(4);
});

describe("a prepared root", () => {
  test("without its mark, as an empty mount point, is Unreachable and stays empty", async () => {
    await (await open()).prepare?.();
    const store = await open({ prepared: true });
    await store.write("a/b", pattern(10));
    // What an unmounted disk leaves: the directory, empty.
    await rename(root, join(directory, "disk"));
    await mkdir(root);
    const calls = [
      store.stat("a/b"),
      store.read("a/b"),
      store.write("a", pattern(10)),
      store.write("x/y/z", pattern(10)),
      store.remove("a/b"),
      listPaths(store, ""),
      store.makeDirectory?.("d"),
      store.copy?.("a/b", "c"),
      store.move?.("a/b", "c"),
    ];
    for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
      expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Unreachable" } });
    }
    await expect(store.stat("a")).rejects.toThrow(`there is no ${MARK} in ${root}; is the disk mounted?`);
    expect(await readdir(root)).toEqual([]);
  });

  test("whose mark vanishes during a write keeps nothing of it", async () => {
    await (await open()).prepare?.();
    const store = await open({ prepared: true });
    const body = testBody([pattern(10)]);
    await rm(join(root, MARK));
    await expect(store.write("a", body.stream)).rejects.toMatchObject({ kind: "Unreachable" });
    await body.cancelled;
    expect(await readdir(root)).toEqual([]);
  });

  test("whose mark vanishes during a list does not pass a short list for a whole one", async () => {
    await (await open()).prepare?.();
    const store = await open({ prepared: true });
    for (const name of ["a", "b", "c"]) await store.write(name, pattern(1));
    const iterator = store.list("")[Symbol.asyncIterator]();
    await iterator.next();
    await rm(join(root, MARK));
    const rest = async () => {
      while ((await iterator.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ kind: "Unreachable" });
  });

  test("hides its mark and lets nobody touch it", async () => {
    const store = await open();
    await store.prepare?.();
    expect(await readFile(join(root, MARK), "utf8")).toContain("space of jcs");
    expect(await listPaths(store, "", { delimited: true })).toEqual([]);
    const calls = [store.stat(MARK), store.read(MARK), store.write(MARK, pattern(1)), store.remove(MARK)];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { kind: "Usage" } });
    }
    await store.write(`folder/${MARK}`, pattern(1));
    expect(await listPaths(store, "")).toEqual([`folder/${MARK}`]);
  });
});

describe("symbolic links", () => {
  beforeEach(async () => {
    await mkdir(join(directory, "outside"));
    await writeFile(join(directory, "outside", "secret"), "secret");
    await mkdir(join(root, "inside"));
    await writeFile(join(root, "inside", "file"), "inside");
  });

  test("that lead outside are refused by every operation", async () => {
    const store = await open();
    await store.write("mine", pattern(10));
    await symlink(join(directory, "outside"), join(root, "absolute"));
    await symlink("../outside", join(root, "relative"));
    await symlink("../outside/secret", join(root, "file"));
    // Begins with the name of the root, and is another directory.
    await rename(join(directory, "outside"), `${root}-beside`);
    await symlink(`${root}-beside`, join(root, "beside"));
    await mkdir(join(directory, "outside"));
    await writeFile(join(directory, "outside", "secret"), "secret");
    for (const name of ["absolute", "relative", "beside"]) {
      const calls = [
        store.stat(`${name}/secret`),
        store.read(`${name}/secret`),
        store.write(`${name}/secret`, pattern(10)),
        store.write(`${name}/new`, pattern(10), { ifAbsent: true }),
        store.write(`${name}/a/b/c`, pattern(10)),
        store.remove(`${name}/secret`),
        listPaths(store, name),
        store.makeDirectory?.(`${name}/a`),
        store.copy?.(`${name}/secret`, "copy"),
        store.copy?.("mine", `${name}/copy`),
        store.move?.(`${name}/secret`, "moved"),
        store.move?.("mine", `${name}/moved`),
      ];
      for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
        expect(result, `${name} ${index}`).toMatchObject({
          status: "rejected",
          reason: { kind: "PermissionDenied" },
        });
      }
    }
    const calls = [store.read("file"), store.stat("file"), store.copy?.("file", "copy")];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { kind: "PermissionDenied" } });
    }
    for (const outside of [join(directory, "outside"), `${root}-beside`]) {
      expect(await readdir(outside)).toEqual(["secret"]);
      expect(await readFile(join(outside, "secret"), "utf8")).toBe("secret");
    }
  });

  test("that stay inside are followed, and replaced or removed themselves", async () => {
    const store = await open();
    await symlink("inside", join(root, "directory"));
    await symlink("inside/file", join(root, "link"));
    await symlink("nowhere", join(root, "dangling"));
    expect(Buffer.from(await readAll(store, "directory/file")).toString()).toBe("inside");
    expect(Buffer.from(await readAll(store, "link")).toString()).toBe("inside");
    await expect(store.read("dangling")).rejects.toMatchObject({ kind: "NotFound" });
    const kinds: string[] = [];
    for await (const { path, kind } of store.list("")) kinds.push(`${kind} ${path}`);
    expect(kinds.sort()).toEqual(["file inside/file", "link dangling", "link directory", "link link"]);
    await store.write("link", pattern(3));
    expect((await lstat(join(root, "link"))).isSymbolicLink()).toBe(false);
    await store.write("directory/new", pattern(3));
    expect(await readdir(join(root, "inside"))).toEqual(expect.arrayContaining(["file", "new"]));
    await store.remove("directory");
    expect(await readFile(join(root, "inside", "file"), "utf8")).toBe("inside");
  });

  test("may be the root itself, which may change its place", async () => {
    await symlink(root, join(directory, "way"));
    const store = await openStore(`fs://${directory}/way`, OPTIONS);
    await store.write("a", pattern(10));
    expect(await listPaths(store, "inside")).toEqual(["inside/file"]);
    await rm(join(directory, "way"));
    await symlink(join(directory, "outside"), join(directory, "way"));
    expect(await listPaths(store, "")).toEqual(["secret"]);
    expect(await readAll(store, "secret")).toHaveLength(6);
  });
});

describe("temporary files", () => {
  const TEMPORARY = ".jcs-0123456789abcdef0123.tmp";

  test("left over by a crash are hidden, and removed when they are old", async () => {
    const store = await open();
    await store.write("a/b", pattern(10));
    const old = join(root, "a", TEMPORARY);
    const young = join(root, "a", TEMPORARY.replace("0", "f"));
    for (const path of [old, young]) await writeFile(path, "half");
    const yesterday = new Date(Date.now() - 25 * 3600_000);
    await utimes(old, yesterday, yesterday);
    expect(await listPaths(store, "")).toEqual(["a/b"]);
    expect(await filesLeft()).toEqual([TEMPORARY.replace("0", "f"), "b"]);
    await expect(store.read(`a/${TEMPORARY}`)).rejects.toMatchObject({ kind: "Usage" });
    await expect(store.write(TEMPORARY, pattern(1))).rejects.toMatchObject({ kind: "Usage" });
  });

  test("of a write that fails or is cancelled are removed", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    const failing = testBody([pattern(5_000_000)], { error: new Error("broken") });
    await expect(store.write("a", failing.stream)).rejects.toThrow("broken");
    const controller = new AbortController();
    const hanging = testBody([pattern(5_000_000)], { hang: true });
    const writing = store.write("a", hanging.stream, { signal: controller.signal });
    writing.catch(() => {});
    await hanging.exhausted;
    controller.abort();
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    await expect(store.write("a", pattern(10), { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    expect(await filesLeft()).toEqual(["a"]);
  });

  test("of a process that was killed leave the old object, or none", async () => {
    const store = await open();
    await store.write("old", pattern(10));
    for (const path of ["old", "new/er"]) {
      const script = fileURLToPath(new URL("./fs_killed_writer.ts", import.meta.url));
      const child = spawn(process.execPath, [script, `fs://${root}`, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    expect(await listPaths(store, "")).toEqual(["old"]);
    expect(sameBytes(await readAll(store, "old"), pattern(10))).toBe(true);
    await expect(store.stat("new/er")).rejects.toMatchObject({ kind: "NotFound" });
    expect((await filesLeft()).filter((name) => name.endsWith(".tmp"))).toHaveLength(2);
  });
});

describe("files that are no objects, and files that change", () => {
  test("a named pipe is not read, and nothing waits for its writer", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    const store = await open();
    await expect(store.read("pipe")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await listPaths(store, "")).toEqual([]);
  });

  test("a file that is cut short under its reader fails the stream", async () => {
    const store = await open();
    await store.write("a", pattern(5_000_000));
    const iterator = (await store.read("a"))[Symbol.asyncIterator]();
    await iterator.next();
    await truncate(join(root, "a"), 1_500_000);
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
  });

  test("a second name of a file keeps its content when the first is overwritten", async () => {
    const store = await open();
    await store.write("a", pattern(10, 1));
    await link(join(root, "a"), join(root, "b"));
    await store.write("a", pattern(10, 2));
    expect(sameBytes(await readAll(store, "b"), pattern(10, 1))).toBe(true);
  });

  test("a directory that others remove at the same time is made again", async () => {
    const store = await open();
    const removing = async () => {
      for (let round = 0; round < 200; round++) await store.remove("d/e").catch(() => {});
    };
    const writing = async () => {
      for (let round = 0; round < 20; round++) {
        await store.write("d/e/f", pattern(10));
        await store.remove("d/e/f");
      }
    };
    // The write may lose the race three times in a row; it then says so, and that another try is worth it.
    const results = await Promise.allSettled([writing(), removing()]);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ retry: "later" });
    }
    await store.write("d/e/f", pattern(10));
    expect(await listPaths(store, "")).toEqual(["d/e/f"]);
  });

  test("a root that is no absolute path is refused", async () => {
    await expect(openStore("fs://srv/disk", OPTIONS)).rejects.toThrow(
      'Cannot open "fs://srv/disk": write fs:///srv/disk, with three slashes, for an absolute path',
    );
  });
});

describe.runIf(isRoot)("a small file system of its own (takes root)", () => {
  beforeEach(() => void execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root]));
  afterEach(() => void execFileSync("umount", [root]));

  test("that is full says so, keeps the old object and takes on again when there is room", async () => {
    const store = await open();
    await store.write("a", pattern(600_000, 1));
    for (const path of ["a", "b/c"]) {
      const body = testBody([pattern(300_000), pattern(300_000), pattern(300_000)]);
      await expect(store.write(path, body.stream)).rejects.toMatchObject({ kind: "NoSpace", retry: "never" });
    }
    await expect(store.copy?.("a", "c")).rejects.toMatchObject({ kind: "NoSpace" });
    expect(sameBytes(await readAll(store, "a"), pattern(600_000, 1))).toBe(true);
    expect(await filesLeft()).toEqual(["a"]);
    await store.write("d", pattern(300_000));
  });

  test("that is read-only refuses what changes it, and can be read", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    execFileSync("mount", ["-o", "remount,ro", root]);
    const calls = [
      store.write("a", pattern(10)),
      store.write("b/c", pattern(10)),
      store.remove("a"),
      store.copy?.("a", "b"),
      store.move?.("a", "b"),
      store.makeDirectory?.("d"),
      store.prepare?.(),
    ];
    for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
      expect(result, String(index)).toMatchObject({
        status: "rejected",
        reason: { kind: "PermissionDenied", retry: "never" },
      });
    }
    expect(await readAll(store, "a")).toHaveLength(10);
    expect(await listPaths(store, "")).toEqual(["a"]);
  });

  test("that is unmounted during a write, by force, leaves nothing on the mount point", async () => {
    await (await open()).prepare?.();
    const store = await open({ prepared: true });
    const { writing, goOn } = await halfWritten(store, "a/b");
    execFileSync("umount", ["--lazy", root]);
    goOn();
    await expect(writing).rejects.toMatchObject({ kind: "Unreachable" });
    expect(await readdir(root)).toEqual([]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root]);
  });
});
