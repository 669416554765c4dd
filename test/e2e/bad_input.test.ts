import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable } from "./program.ts";
import {
  blocksOf,
  createRig,
  expectGet,
  filesBelow,
  fingerprint,
  type Rig,
  sampleBytes,
  until,
} from "./rig.ts";

const MIB = 1024 * 1024;

let rig: Rig;

beforeAll(async () => {
  rig = await createRig();
  await rig.addDisks(6);
  writeFileSync(rig.path("file"), sampleBytes(5 * MIB));
});
afterAll(() => rig.remove());

describe("names", () => {
  const NAMES = [
    " leading and trailing ",
    "'single' \"double\" `back`",
    "new\nline\r\ttab",
    "emoji 🐢👩‍👩‍👧 and é vs e\u0301",
    "-rf",
    "--help",
    "--",
    "*?[x]{a,b}\\",
    "$(touch pwned);&|<>",
    "%2e%2e%00",
    "#hash?query=1&x",
    "con.txt",
    "…",
    ".hidden",
    "a:b",
    "\u0001\u001b[31mred",
    "\u202egnp.exe",
    "日本語/中文",
    "x".repeat(250),
  ];

  test("of every kind go in with a tree and come out of it the same", async () => {
    for (const name of NAMES) {
      mkdirSync(dirname(rig.path("odd", name)), { recursive: true });
      writeFileSync(rig.path("odd", name), name);
    }
    await rig.jcs("put", "odd/.", "odd/p");
    await rig.jcs("get", "odd/p", "odd.back");
    expect(fingerprint(rig.path("odd.back"))).toEqual(fingerprint(rig.path("odd")));
    const listed = await rig.jcs("ls", "-r", "--json", "odd/p");
    expect(new Set(listed.lines.map((line) => line["path"]))).toEqual(new Set([...NAMES, undefined]));
    // What a terminal would obey does not reach it.
    expect((await rig.jcs("ls", "-r", "odd/p")).stdout.toString()).not.toMatch(
      /[\u0001-\u0009\u000b-\u001f\u202e]/,
    );
  });

  test.each(NAMES)("%j alone: put, stat, cat, mv, rm", async (name) => {
    const put = await rig.run(["put", "--redundancy", "rep:2", "-", `jcs://odd/alone/${name}`], {
      input: name,
    });
    expect(put, put.stderr).toMatchObject({ status: 0 });
    expect((await rig.jcs("cat", `odd/alone/${name}`)).stdout.toString()).toBe(name);
    await rig.jcs("mv", `odd/alone/${name}`, `odd/alone/to/${name}`);
    const { lines } = await rig.jcs("stat", "--json", `odd/alone/to/${name}`);
    expect(lines[0]).toMatchObject({ path: `to/${name}`, size: Buffer.byteLength(name) });
    await rig.jcs("rm", `odd/alone/to/${name}`);
    expect(await rig.run(["stat", `odd/alone/to/${name}`])).toMatchObject({ status: 4 });
  });

  test("1,024 bytes are the most that a path may have", async () => {
    const longest = `${"é".repeat(100)}/${"y".repeat(200)}/${"z".repeat(250)}/${"w".repeat(250)}/`.padEnd(
      924,
      "v",
    );
    expect(Buffer.byteLength(longest)).toBe(1024);
    const input = "long";
    expect(await rig.run(["put", "-", `long/p/${longest}`], { input })).toMatchObject({ status: 0 });
    await rig.jcs("get", "long/p", "long.back");
    expect(filesBelow(rig.path("long.back"))).toEqual([longest]);
    const refused = await rig.run(["put", "-", `long/p/${longest}v`], { input });
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toMatch(/102[45]/);
    // In a tree it is one failure, and the rest goes in.
    mkdirSync(dirname(rig.path("deep", `${longest}v`)), { recursive: true });
    writeFileSync(rig.path("deep", `${longest}v`), "too long");
    writeFileSync(rig.path("deep", "short"), "short");
    expect(await rig.run(["put", "deep/.", "long/deep"])).toMatchObject({ status: 9 });
    expect((await rig.jcs("cat", "long/deep/short")).stdout.toString()).toBe("short");
  });

  test.each(["a//b", "../x", "a/../../x", "./x", "x/.", "nul\0"])("%j is refused", async (path) => {
    if (path.includes("\0")) return expect(() => rig.start(["put", "file", `bad/p/${path}`])).toThrow();
    expect(await rig.run(["put", "file", `bad/p/${path}`])).toMatchObject({ status: 2 });
  });

  test("get never writes outside of its directory, whatever links lie in it", async () => {
    mkdirSync(rig.path("trap", "in"), { recursive: true });
    await rig.run(["put", "-", "trap/p/link/file"], { input: "x" });
    execFileSync("ln", ["-s", rig.path("trap"), rig.path("trap", "in", "link")]);
    expect((await rig.run(["get", "trap/p", rig.path("trap", "in")])).status).not.toBe(0);
    expect(readdirSync(rig.path("trap"))).toEqual(["in"]);
  });
});

describe("a file that changes while it is read", () => {
  const changes: readonly (readonly [string, (file: string) => void])[] = [
    ["grows", (file) => appendFileSync(file, "more")],
    ["shrinks", (file) => truncateSync(file, 20 * MIB)],
    ["is written to", (file) => utimesSync(file, 1, 1)],
  ];

  test.each(changes)("%s is a clear error, and the old object stays", async (what, change) => {
    const address = `changing/p/${what.replaceAll(" ", "-")}`;
    await rig.jcs("put", "file", address);
    const file = rig.path("changing");
    writeFileSync(file, sampleBytes(64 * MIB));
    const before = rig.path("disk0", "jcs");
    const seen = new Set(filesBelow(before));
    const { ended } = rig.start(["put", "--redundancy", "rep:2", "--spaces", "disk0,disk1", file, address]);
    // The first block has been begun, so the file is open.
    await until(() => filesBelow(rig.path("disk0", "jcs")).some((name) => !seen.has(name)));
    change(file);
    const { status, stderr } = await ended;
    expect(status, stderr).toBe(5);
    expect(stderr).toContain("changed while it was read");
    await expectGet(rig, address, sampleBytes(5 * MIB));
  });
});

test("stdin of unknown length that comes in drops", async () => {
  const { child, ended } = rig.start(["put", "--redundancy", "ec:4+2", "-", "stdin/p/slow"], {
    holdInput: true,
  });
  const bytes = sampleBytes(3 * MIB + 5);
  for (let at = 0; at < bytes.length; at += 100_003) {
    if (child.stdin?.write(bytes.subarray(at, at + 100_003)) === false) await once(child.stdin, "drain");
  }
  child.stdin?.end();
  expect(await ended).toMatchObject({ status: 0 });
  await expectGet(rig, "stdin/p/slow", bytes);
});

describe("two puts of the same path at once", () => {
  test("leave one of the two, whole; with --if-absent exactly one succeeds", async () => {
    const candidates = [1, 2, 3, 4].map((seed) => sampleBytes(2 * MIB + seed, seed));
    for (const more of [[], ["--if-absent"]] as const) {
      const address = `race/p/x${more.length}`;
      const ends = await Promise.all(
        candidates.map((input) =>
          rig.run(["put", "--redundancy", "ec:4+2", ...more, "-", address], { input }),
        ),
      );
      const statuses = ends.map(({ status }) => status).toSorted();
      expect(statuses, ends.map(({ stderr }) => stderr).join("")).toEqual(
        more.length > 0 ? [0, 5, 5, 5] : [0, 0, 0, 0],
      );
      const { stdout } = await rig.jcs("cat", address);
      const winners = candidates.filter((_, index) => ends[index]?.status === 0);
      expect(winners.some((bytes) => Buffer.compare(bytes, stdout) === 0)).toBe(true);
    }
  });

  test("while it is read and removed: always a whole object, or none", async () => {
    const candidates = [1, 2].map((seed) => sampleBytes(2 * MIB + seed, seed));
    await rig.run(["put", "--redundancy", "ec:2+1", "-", "race/p/y"], { input: candidates[0]! });
    const gets = Array.from({ length: 6 }, () => rig.run(["cat", "race/p/y"]));
    const puts = candidates.map((input) =>
      rig.run(["put", "--redundancy", "ec:2+1", "-", "race/p/y"], { input }),
    );
    for (const { status, stdout, stderr } of await Promise.all(gets)) {
      expect(status, stderr).toBe(0);
      expect(candidates.some((bytes) => Buffer.compare(bytes, stdout) === 0)).toBe(true);
    }
    for (const { status, stderr } of await Promise.all(puts)) expect(status, stderr).toBe(0);
  });
});

test.each([1, 16])(
  "many objects at once over spaces that serve %d operations at a time",
  async (concurrency) => {
    const tree = rig.path(`many${concurrency}`);
    mkdirSync(tree);
    for (let index = 0; index < 40; index++)
      writeFileSync(join(tree, `${index}`), sampleBytes(index * 50_000 + (index % 3) * 3 * MIB, index));
    const names = Array.from({ length: 6 }, (_, index) => `narrow${concurrency}-${index}`);
    for (const name of names) {
      mkdirSync(rig.path(name));
      await rig.jcs("space", "add", name, `fs://${rig.path(name)}?sync=false&concurrency=${concurrency}`);
    }
    const address = `many/c${concurrency}`;
    const spaces = names.join(",");
    await rig.jcs(
      "put",
      "--parallel",
      "32",
      "--redundancy",
      "ec:4+2",
      "--spaces",
      spaces,
      `${tree}/.`,
      address,
    );
    await rig.jcs("get", "--parallel", "32", address, `${tree}.back`);
    expect(fingerprint(`${tree}.back`)).toEqual(fingerprint(tree));
  },
);

/** Whether this process may mount file systems. */
function mayMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!mayMount())("mounted file systems [needs the right to mount]", () => {
  /** Does `work` while a file system of `options` is mounted at the new directory `name`. */
  async function mounted(
    name: string,
    options: string,
    work: (directory: string) => Promise<void>,
  ): Promise<void> {
    const directory = rig.path(name);
    mkdirSync(directory);
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
    try {
      await work(directory);
    } finally {
      execFileSync("umount", [directory]);
    }
  }

  test("a full disk as a space: another takes over, or it is status 8, and the disk holds no part of a block", () =>
    mounted("full", "size=2m", async (directory) => {
      await rig.jcs("space", "add", "full", `fs://${directory}`);
      const failed = await rig.run(["put", "--redundancy", "none", "--spaces", "full", "file", "disk/p/x"]);
      expect(failed, failed.stderr).toMatchObject({ status: 8 });
      expect(failed.stderr).toContain("no space left");
      expect(filesBelow(directory)).toEqual([".jcs-space"]);
      await rig.jcs("put", "--redundancy", "rep:2", "--spaces", "full,disk0,disk1", "file", "disk/p/y");
      expect((await blocksOf(rig, "disk/p/y")).map(({ space }) => space)).not.toContain("full");
      await expectGet(rig, "disk/p/y", sampleBytes(5 * MIB));
      await rig.jcs("space", "rm", "--force", "full");
    }));

  test("a full disk at the target of get: status 8 and nothing left there", () =>
    mounted("small", "size=2m", async (directory) => {
      await rig.jcs("put", "file", "disk/p/big");
      const failed = await rig.run(["get", "disk/p/big", `${directory}/`]);
      expect(failed, failed.stderr).toMatchObject({ status: 8 });
      expect(readdirSync(directory)).toEqual([]);
    }));

  test("a space that turned read-only: reads go on, writes go elsewhere or are status 6", () =>
    mounted("frozen", "size=40m", async (directory) => {
      await rig.jcs("space", "add", "frozen", `fs://${directory}`);
      await rig.jcs("put", "--redundancy", "none", "--spaces", "frozen", "file", "frozen/p/x");
      execFileSync("mount", ["-o", "remount,ro", directory]);
      expect(await expectGet(rig, "frozen/p/x", sampleBytes(5 * MIB))).toBe("");
      const failed = await rig.run([
        "put",
        "--redundancy",
        "none",
        "--spaces",
        "frozen",
        "file",
        "frozen/p/y",
      ]);
      expect(failed, failed.stderr).toMatchObject({ status: 6 });
      expect(failed.stderr).toContain("read-only");
      await rig.jcs("put", "--redundancy", "rep:2", "--spaces", "frozen,disk0,disk1", "file", "frozen/p/z");
      await expectGet(rig, "frozen/p/z", sampleBytes(5 * MIB));
      await rig.jcs("space", "rm", "--force", "frozen");
    }));

  test("a disk that is unmounted is unreachable, and its mount point stays empty", async () => {
    const address = "unmounted/p/x";
    await mounted("removable", "size=40m", async (directory) => {
      await rig.jcs("space", "add", "removable", `fs://${directory}`);
      await rig.jcs("put", "--redundancy", "rep:2", "--spaces", "removable,disk0", "file", address);
    });
    const bytes = sampleBytes(5 * MIB);
    await expectGet(rig, address, bytes);
    const put = await rig.run([
      "put",
      "--redundancy",
      "none",
      "--spaces",
      "removable",
      "file",
      "unmounted/p/y",
    ]);
    expect(put, put.stderr).toMatchObject({ status: 8 });
    expect(put.stderr).toContain("is the disk mounted?");
    expect(readdirSync(rig.path("removable"))).toEqual([]);
    await rig.jcs("space", "rm", "--force", "removable");
  });

  test("a home on a full disk: an error, and everything works again when there is room", () =>
    mounted("fullhome", "size=1m", async (directory) => {
      const environment = { JCS_HOME: join(directory, "home") };
      for (const name of ["disk0", "disk1"])
        expect(
          await rig.run(["space", "add", name, `fs://${rig.path(name)}`], { environment }),
        ).toMatchObject({ status: 0 });
      const put = (name: string) =>
        rig.run(["put", "--redundancy", "rep:2", "-", `b/p/${name}`], { environment, input: name });
      expect(await put("before")).toMatchObject({ status: 0 });
      expect(() => writeFileSync(join(directory, "filler"), Buffer.alloc(2 * MIB))).toThrow();
      for (const name of ["x", "y"]) {
        const { status, stderr } = await put(name);
        expect(status, stderr).toBe(8);
        expect(stderr).toContain("catalog.db");
      }
      rmSync(join(directory, "filler"));
      expect((await rig.run(["cat", "b/p/before"], { environment })).stdout.toString()).toBe("before");
      expect(await rig.run(["cat", "b/p/x"], { environment })).toMatchObject({ status: 4 });
      expect(await put("x")).toMatchObject({ status: 0 });
    }));
});

test.skipIf(process.getuid?.() !== 0)("what another user may not read or write is status 6", async () => {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;
  const [program] = await executable();
  const folder = rig.path("nobody");
  mkdirSync(join(folder, "disk"), { recursive: true });
  writeFileSync(join(folder, "private"), "private", { mode: 0o600 });
  execFileSync("chmod", ["a+rx", rig.folder]);
  execFileSync("chown", ["-R", "65534:65534", join(folder, "disk"), folder]);
  execFileSync("chown", ["0:0", join(folder, "private")]);
  // The project may lie where only its owner gets to.
  copyFileSync(program, join(folder, "jcs"));
  const environment = { JCS_HOME: join(folder, "home") };
  const run = (...argv: readonly string[]) =>
    rig.run(argv, { program: [...nobody, join(folder, "jcs")], environment, directory: folder });
  expect(await run("space", "add", "disk", `fs://${join(folder, "disk")}`)).toMatchObject({ status: 0 });
  expect(await run("put", "private", "b/p/x")).toMatchObject({ status: 6 });
  expect(await run("put", "jcs", "b/p/x")).toMatchObject({ status: 0 });
  expect(await run("get", "b/p/x", "/usr/")).toMatchObject({ status: 6 });
  execFileSync("chown", ["-R", "0:0", join(folder, "disk")]);
  expect(await run("get", "b/p/x", "back")).toMatchObject({ status: 0 });
  expect(await run("put", "jcs", "b/p/y")).toMatchObject({ status: 6 });
  execFileSync("chown", ["-R", "0:0", join(folder, "home")]);
  const shut = await run("ls");
  expect(shut, shut.stderr).toMatchObject({ status: 6 });
  expect(shut.stderr).toContain("config.json");
});

test.skipIf(!existsSync("/proc/version"))(
  "a file that holds more than it says is an error, and not an empty object",
  async () => {
    expect(await rig.run(["put", "/proc/version", "proc/p/x"])).toMatchObject({ status: 5 });
    expect(await rig.run(["stat", "proc/p/x"])).toMatchObject({ status: 4 });
  },
);

test("empty directories, pipes and links in a tree are told about, and the rest goes in", async () => {
  mkdirSync(rig.path("mixed", "empty"), { recursive: true });
  writeFileSync(rig.path("mixed", "file"), "file");
  execFileSync("mkfifo", [rig.path("mixed", "pipe")]);
  execFileSync("ln", ["-s", "file", rig.path("mixed", "link")]);
  execFileSync("ln", ["-s", ".", rig.path("mixed", "circle")]);
  const put = await rig.run(["put", "mixed/.", "mixed/p"]);
  expect(put, put.stderr).toMatchObject({ status: 9 });
  expect(put.stderr).toContain("pipe");
  expect(put.stderr).toContain("1 empty directory not stored");
  const { lines } = await rig.jcs("ls", "-r", "--json", "mixed/p");
  expect(lines.slice(0, -1).map((line) => line["path"])).toEqual(["file", "link"]);
  expect(readFileSync(rig.path("mixed", "file"), "utf8")).toBe("file");
});
