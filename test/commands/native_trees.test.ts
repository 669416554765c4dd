import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import cp from "../../commands/cp.ts";
import get from "../../commands/get.ts";
import ls from "../../commands/ls.ts";
import mv from "../../commands/mv.ts";
import put from "../../commands/put.ts";
import rm from "../../commands/rm.ts";
import stat from "../../commands/stat.ts";
import tee from "../../commands/tee.ts";
import type { Client } from "../../core/client.ts";
import type { NativeClient } from "../../core/native_client.ts";
import { filesBelow } from "../e2e/rig.ts";
import { nativeBench } from "./native_bench.ts";

const bench = nativeBench();
const { ok, run, path, files } = bench;

beforeEach(() => files({ local: "local file" }));

const TREE = {
  "tree/a": "content of a",
  "tree/b c": "content of b",
  "tree/sub/deep/ü": "umlaut",
  "tree/sub/x": "",
};
const NAMES = ["a", "b c", "sub/deep/ü", "sub/x"];
const below = (directory: string) => filesBelow(path(directory));

describe("put of directories to space:path", () => {
  it("keeps the name when it goes into the target, and replaces it when the target is a name", async () => {
    files(TREE);
    await ok(put, "tree", "disk:");
    await ok(put, "tree", "disk:in/");
    await ok(put, "tree", "disk:new");
    await ok(put, "tree/.", "disk:contents/");
    for (const directory of ["tree", "in/tree", "new", "contents"])
      expect(below(`disk/${directory}`)).toEqual(NAMES);
    expect(bench.disk("in/tree/sub/deep/ü")).toBe("umlaut");
  });

  it("tells of a space that is not there once, and not for each file", async () => {
    files(TREE);
    const { exitCode, stderr } = await run(put, ["tree", "nowhere:"]);
    expect(exitCode).toBe(4);
    expect(stderr).toBe(
      'jcs: Cannot find space "nowhere": it is not configured. "jcs space ls" shows those that are\n',
    );
  });

  it("goes on after a file that fails, and says so", async () => {
    files({ ...TREE, "disk/tree/a/blocker": "", "disk/tree/sub/x/blocker": "" });
    const result = await run(put, ["--json", "tree", "disk:"]);
    expect(result.exitCode).toBe(9);
    expect(result.json().at(-1)).toMatchObject({ type: "summary", stored: 2, failed: 2, exitCode: 9 });
    expect(bench.disk("tree/sub/deep/ü")).toBe("umlaut");
  });

  it.each(["disk", "mem"])(
    "--skip-unchanged to %s leaves alone what has the size and is no older",
    async (space) => {
      files(TREE);
      await ok(put, "tree", `${space}:`);
      const again = (await run(put, ["--json", "--skip-unchanged", "tree", `${space}:`])).json();
      expect(again.at(-1)).toMatchObject({ stored: 0, unchanged: 4 });
      // What is older and has the same size passes for unchanged, whatever is in it: that is said in the help.
      writeFileSync(path("tree/b c"), "of the same size".slice(0, 12));
      for (const [name, minutes] of [
        ["b c", -1],
        ["sub/x", 1],
      ] as const) {
        utimesSync(path("tree", name), new Date(), new Date(Date.now() + minutes * 60_000));
      }
      writeFileSync(path("tree/a"), "of another size");
      const changed = (await run(put, ["--json", "--skip-unchanged", "tree", `${space}:`])).json();
      expect(changed.at(-1)).toMatchObject({ stored: 2, unchanged: 2 });
    },
  );
});

describe("get of directories from space:path", () => {
  it("recreates the tree with the times that the service tells", async () => {
    files(TREE);
    await ok(put, "tree", "mem:");
    await ok(get, "mem:tree/", "out");
    await ok(get, "mem:tree", "into/");
    await ok(get, "mem:", "all");
    for (const directory of ["out", "into/tree", "all/tree"]) expect(below(directory)).toEqual(NAMES);
    expect(readFileSync(path("out/sub/deep/ü"), "utf8")).toBe("umlaut");
    const [meta] = (await run(stat, ["--json", "mem:tree/a"])).json();
    expect(statSync(path("out/a")).mtime.toISOString()).toBe(meta?.["modifiedAt"]);
    const again = (await run(get, ["--json", "mem:tree/", "out"])).json();
    expect(again.at(-1)).toMatchObject({ written: 0, unchanged: 4 });
  });

  it("is NotFound for a directory that is not there", async () => {
    for (const address of ["disk:none", "disk:none/", "mem:none", "mem:none/"])
      expect((await run(get, [address, "out"])).exitCode, address).toBe(4);
  });
});

describe("get and what is there already", () => {
  it("--overwrite goes by size and time", async () => {
    files({ "disk/d/a": "from the space", "disk/d/b": "from the space" });
    const past = new Date(Date.now() - 60_000);
    utimesSync(path("disk/d/a"), past, past);
    await ok(get, "disk:d/", "out");
    files({ "out/a": "mine, newer" });
    writeFileSync(path("disk/d/b"), "newer in the space");
    utimesSync(path("disk/d/b"), new Date(), new Date(Date.now() + 60_000));
    const never = await run(get, ["--json", "disk:d/", "out"]);
    expect(never.json().at(-1)).toMatchObject({ written: 0, failed: 2, exitCode: 9 });
    const newer = (await run(get, ["--json", "--overwrite", "newer", "disk:d/", "out"])).json();
    expect(newer.at(-1)).toMatchObject({ written: 1, kept: 1, failed: 0 });
    expect(readFileSync(path("out/a"), "utf8")).toBe("mine, newer");
    expect(readFileSync(path("out/b"), "utf8")).toBe("newer in the space");
    await ok(get, "--overwrite", "always", "disk:d/", "out");
    expect(readFileSync(path("out/a"), "utf8")).toBe("from the space");
  });

  it("a file and a directory of one name are an error, and the rest is fetched", async () => {
    for (const name of ["x", "x/below", "y"]) await ok(put, "local", `mem:d/${name}`);
    const result = await run(get, ["--json", "mem:d/", "out"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.json().at(-1)).toMatchObject({ written: 2, failed: 1 });
    expect(below("out")).toContain("y");
    const copied = await run(cp, ["--json", "-r", "mem:d/", "disk:d"]);
    expect(copied.json().at(-1)).toMatchObject({ copied: 2, failed: 1 });
  });

  it("an interrupt leaves whole files only", async () => {
    files(
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`disk/d/f${index}`, "x".repeat(1000)])),
    );
    const stop = new AbortController();
    const client = interruptedAfter(10, stop);
    const result = await run(get, ["disk:d/", "out"], { client, signal: stop.signal });
    expect(result.exitCode).toBe(130);
    for (const name of readdirSync(path("out"))) {
      expect(name).toMatch(/^f\d+$/);
      expect(statSync(path("out", name)).size).toBe(1000);
    }
    expect(readdirSync(path("out")).length).toBeLessThan(40);
  });
});

/** The bench's client, which is interrupted at the read of that number. */
function interruptedAfter(reads: number, stop: AbortController): Client {
  const { client } = bench;
  const native = client.native!;
  let count = 0;
  return {
    ...client,
    native: {
      ...native,
      async read(at, options) {
        if (++count === reads) stop.abort();
        return await native.read(at, options);
      },
    },
  };
}

describe("directories of spaces", () => {
  it("are copied with -r and moved without, and leave nothing behind", async () => {
    files({ "disk/t/a": "a", "disk/t/sub/deep/b": "b" });
    mkdirSync(path("disk/t/empty"));
    expect((await run(cp, ["disk:t/", "mem:"])).exitCode).toBe(2);
    await ok(cp, "-r", "disk:t", "mem:");
    await ok(cp, "-r", "disk:t", "mem:named");
    await ok(mv, "disk:t", "disk:moved/");
    expect(existsSync(path("disk/t"))).toBe(false);
    expect(below("disk/moved")).toEqual(["t/a", "t/sub/deep/b"]);
    await ok(mv, "mem:named/", "disk:back");
    expect(below("disk/back")).toEqual(["a", "sub/deep/b"]);
    expect((await ok(ls, "-r", "mem:")).split("\n").filter(Boolean)).toEqual(["mem:t/a", "mem:t/sub/deep/b"]);
  });

  it("are removed with all that is in them", async () => {
    files({ "disk/t/a": "a", "disk/t/sub/b": "b", "disk/kept": "" });
    expect((await run(rm, ["disk:t"])).exitCode).toBe(2);
    await ok(rm, "-r", "disk:t", "disk:kept");
    expect(readdirSync(path("disk"))).toEqual([]);
    expect((await run(rm, ["-r", "disk:t"])).exitCode).toBe(4);
    await ok(rm, "-f", "disk:t");
  });

  it("do not go into themselves, however the space is called", async () => {
    files({ "disk/t/a": "a" });
    for (const [command, argv] of [
      [cp, ["-r", "disk:t", "disk:t/again"]],
      [mv, ["disk:t/", "disk:t/"]],
      [mv, ["disk:t", "disk:"]],
      [cp, ["-r", "disk:t", "inner:again"]],
      [mv, ["disk:t", "inner:"]],
      [cp, ["-r", "disk:", "disk:all"]],
    ] as const) {
      const result = await run(command, argv);
      expect(result.exitCode, `${argv}`).toBe(2);
      expect(result.stderr, `${argv}`).toContain("below itself");
    }
    expect((await run(mv, ["disk:t/a", "inner:a"])).exitCode).toBe(2);
    expect(below("disk")).toEqual(["t/a"]);
  });

  it("cp --skip-unchanged copies what is new, --if-absent what is not there", async () => {
    files({ "disk/t/a": "a", "disk/t/b": "b" });
    await ok(cp, "-r", "disk:t/", "mem:t");
    writeFileSync(path("disk/t/b"), "longer");
    const again = (await run(cp, ["--json", "-r", "--skip-unchanged", "disk:t/", "mem:t"])).json();
    expect(again.at(-1)).toMatchObject({ copied: 1, unchanged: 1 });
    expect(again).toContainEqual(expect.objectContaining({ type: "cp", status: "unchanged", path: "t/a" }));
    writeFileSync(path("disk/t/c"), "new");
    const absent = await run(cp, ["--json", "-r", "--if-absent", "disk:t/", "mem:t"]);
    expect(absent.json().at(-1)).toMatchObject({ copied: 1, failed: 2, exitCode: 9 });
  });

  it("are put with type and metadata where the service keeps them, and refused where it does not", async () => {
    await ok(put, "--content-type", "text/csv", "--metadata", "k=v", "local", "mem:x");
    const [meta] = (await run(stat, ["--json", "mem:x"])).json();
    expect(meta).toMatchObject({ contentType: "text/csv", metadata: { k: "v" } });
    await ok(cp, "--content-type", "text/html", "mem:x", "mem:y");
    expect((await run(stat, ["--json", "mem:y"])).json()[0]).toMatchObject({ contentType: "text/html" });
    for (const option of ["--content-type", "--storage-class"]) {
      expect((await run(put, [option, "x", "local", "disk:x"])).exitCode, option).toBe(2);
      expect((await run(cp, [option, "x", "mem:x", "disk:x"])).exitCode, option).toBe(2);
      expect((await run(tee, [option, "x", "disk:x"], { stdin: "x" })).exitCode, option).toBe(2);
    }
    expect(existsSync(path("disk/x"))).toBe(false);
    const teed = await run(tee, ["--content-type", "text/plain", "mem:t"], { stdin: "x" });
    expect(teed.exitCode).toBe(0);
    expect((await run(tee, ["--if-absent", "mem:t"], { stdin: "x" })).exitCode).toBe(5);
  });

  it("put --dry-run says what would happen, and writes nothing", async () => {
    files(TREE);
    files({ "disk/tree/a": "old" });
    await ok(put, "local", "disk:tree/other");
    const plan = (await run(put, ["--json", "--dry-run", "tree", "disk:"])).json();
    expect(plan.filter(({ action }) => action === "store")).toHaveLength(3);
    expect(plan).toContainEqual(
      expect.objectContaining({ action: "replace", space: "disk", path: "tree/a" }),
    );
    const refused = await run(put, ["--json", "--dry-run", "--if-absent", "tree", "disk:"]);
    expect(refused.json()).toContainEqual(expect.objectContaining({ action: "refuse", path: "tree/a" }));
    expect(bench.disk("tree/a")).toBe("old");
    expect(below("disk/tree")).toEqual(["a", "other"]);
  });
});

it("a list of any length is worked on as it comes", async () => {
  const { client } = bench;
  let listed = 0;
  let removed = 0;
  let lead = 0;
  const native: NativeClient = {
    ...client.native!,
    async *list() {
      for (; listed < 20_000; listed++) yield { path: `d/${listed}`, kind: "file" };
    },
    async stat(at) {
      return { path: at.path, kind: "directory" };
    },
    async remove() {
      await new Promise((resolve) => setImmediate(resolve));
      removed++;
      lead = Math.max(lead, listed - removed);
    },
    async removeDirectories() {},
  };
  const result = await run(rm, ["-r", "disk:d"], { client: { ...client, native } });
  expect(result.exitCode).toBe(0);
  expect(removed).toBe(20_000);
  expect(lead).toBeLessThan(20);
});

it("small files take one request each", async () => {
  files(TREE);
  const count = (operation: string) =>
    bench.client.metrics?.().find((row) => row.space === "mem" && row.operation === operation)?.count ?? 0;
  await ok(put, "tree", "mem:");
  expect([count("write"), count("stat"), count("list")]).toEqual([4, 0, 0]);
  await ok(get, "mem:tree/", "out");
  expect([count("read"), count("stat"), count("list")]).toEqual([4, 0, 1]);
  await ok(rm, "-r", "mem:tree/");
  expect([count("remove"), count("stat"), count("list")]).toEqual([4, 0, 2]);
});

describe("names with a backslash, which means / in paths", () => {
  it("are not stored: two files would become one", async () => {
    files({ "tree/a\\b": "one", "tree/a/b": "two", "tree/c": "three" });
    const result = await run(put, ["tree", "disk:"]);
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toContain("its name holds a backslash");
    expect(below("disk/tree")).toEqual(["a/b", "c"]);
    expect((await run(put, ["--dry-run", "tree", "disk:"])).exitCode).toBe(9);
    await ok(put, "tree/a\\b", "disk:dir\\named");
    expect(bench.disk("dir/named")).toBe("one");
  });

  it("stand for no other file when they are got, copied, moved or removed", async () => {
    files({ "disk/t/a\\b": "one", "disk/t/a/b": "two" });
    for (const [command, ...argv] of [
      [get, "disk:t/", "there"],
      [cp, "-r", "disk:t/", "mem:"],
      [mv, "disk:t/", "disk:new/"],
      [rm, "disk:t/a?b"],
    ] as const) {
      const result = await run(command, argv);
      expect(result.stderr).toContain("its name holds a backslash");
      expect(result.exitCode).toBeGreaterThan(0);
    }
    expect(below("there")).toEqual(["a/b"]);
    expect(below("disk")).toEqual(["new/t/a/b", "t/a\\b"]);
    expect(bench.disk("new/t/a/b")).toBe("two");
    expect(await ok(ls, "-l", "disk:t/")).toContain(" -  ");
  });
});

describe("what belongs to jcs on a space inside of another one", () => {
  beforeEach(() =>
    files({
      "disk/t/jcs/blocks/00/x": "a block",
      "disk/t/.jcs-space": "its mark",
      "disk/t/mine": "a file",
    }),
  );

  it("is left out of trees and globs of the outer one", async () => {
    await ok(cp, "-r", "disk:t/", "mem:");
    expect((await ok(ls, "-r", "mem:")).trim()).toBe("mem:t/mine");
    await ok(mv, "disk:t", "disk:u");
    expect(below("disk")).toEqual(["t/.jcs-space", "t/jcs/blocks/00/x", "u/mine"]);
    await ok(rm, "-r", "disk:t");
    expect((await run(rm, ["disk:**"])).exitCode).toBe(0);
    expect(below("disk")).toEqual(["t/.jcs-space", "t/jcs/blocks/00/x"]);
  });

  it("is neither written nor removed by its name", async () => {
    for (const [command, ...argv] of [
      [rm, "disk:t/jcs/blocks/00/x"],
      [rm, "-r", "disk:t/jcs"],
      [mv, "disk:t/jcs/blocks/00/x", "disk:away"],
      [put, "local", "disk:t/jcs/blocks/00/x"],
      [cp, "disk:t/mine", "disk:t/.jcs-space"],
    ] as const) {
      expect([2, 9]).toContain((await run(command, argv)).exitCode);
    }
    expect(bench.disk("t/jcs/blocks/00/x")).toBe("a block");
    expect(bench.disk("t/.jcs-space")).toBe("its mark");
  });
});

it("blocks are not reached through links either", async () => {
  const block = `blocks/ab/${"0123456789abcdef".repeat(2)}.0`;
  files({ [`disk/jcs/${block}`]: "a block", "disk/.jcs-space": "a mark", "disk/dir/file": "" });
  symlinkSync("../jcs", path("disk/dir/link"));
  symlinkSync(".", path("disk/self"));
  for (const [command, ...argv] of [
    [rm, `disk:dir/link/${block}`],
    [rm, "-r", "disk:dir/link/"],
    [mv, "disk:dir/link/", "disk:away/"],
    [put, "local", `disk:dir/link/${block}`],
    [rm, "disk:self/.jcs-space"],
  ] as const) {
    const result = await run(command, argv);
    expect([2, 9]).toContain(result.exitCode);
    expect(result.stderr).toContain("is a link, and so it may be a block");
  }
  expect(bench.disk(`jcs/${block}`)).toBe("a block");
  expect(bench.disk(".jcs-space")).toBe("a mark");
  await ok(rm, "disk:dir/link");
});

it("a directory does not go below itself, however the target is spelled", async () => {
  files({ "disk/d/x": "content" });
  for (const target of ["disk:d/sub", "disk:d\\sub", `disk:${path("disk")}/d/sub`, `disk:d\\sub\\`]) {
    const result = await run(mv, ["disk:d", target]);
    expect([target, result.exitCode, result.stderr]).toEqual([
      target,
      2,
      expect.stringContaining("below itself"),
    ]);
  }
  expect(below("disk/d")).toEqual(["x"]);
});

it("a link that is moved does not replace what it leads to", async () => {
  files({ "disk/x": "content" });
  symlinkSync("x", path("disk/y"));
  symlinkSync("y", path("disk/z"));
  for (const link of ["y", "z"]) {
    const result = await run(mv, [`disk:${link}`, "disk:x"]);
    expect(result.stderr).toContain('it is a link that leads to the target, "x"');
  }
  expect(bench.disk("x")).toBe("content");
  await ok(mv, "disk:z", "disk:w");
  expect(bench.disk("w")).toBe("content");
});
