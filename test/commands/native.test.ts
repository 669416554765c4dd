import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import cat from "../../commands/cat.ts";
import type { Command } from "../../commands/command.ts";
import cp from "../../commands/cp.ts";
import get from "../../commands/get.ts";
import ls from "../../commands/ls.ts";
import mv from "../../commands/mv.ts";
import put from "../../commands/put.ts";
import rm from "../../commands/rm.ts";
import sign from "../../commands/sign.ts";
import stat from "../../commands/stat.ts";
import tee from "../../commands/tee.ts";
import { nativeBench } from "./native_bench.ts";

const bench = nativeBench();
const { ok, run, bytesOf, disk } = bench;

beforeEach(() =>
  bench.files({
    "disk/folder/a.txt": "content of a",
    "disk/folder/deep/b": "b",
    "disk/jcs/blocks/x": "a block",
    local: "local file",
  }),
);

describe("paths on spaces", () => {
  it("are listed, shown and read", async () => {
    expect((await ok(ls, "disk:folder/")).split("\n").sort()).toEqual([
      "",
      "disk:folder/a.txt",
      "disk:folder/deep/",
    ]);
    expect(await ok(ls, "-r", "disk:folder")).toContain("disk:folder/deep/b");
    expect(await ok(stat, "disk:folder/a.txt")).toMatch(
      /File: +disk:folder\/a.txt\nKind: +file\nSize: +12 bytes\n/,
    );
    expect(await bytesOf(cat, "disk:folder/a.txt", "disk:folder/deep/b")).toBe("content of ab");
    expect(await bytesOf(cat, "--offset", "8", "--length", "2", "disk:folder/a.txt")).toBe("of");
    const lines = (await run(ls, ["--json", "disk:folder"])).json();
    expect(lines).toContainEqual(
      expect.objectContaining({ type: "file", space: "disk", path: "folder/a.txt" }),
    );
    expect((await run(stat, ["disk:none"])).exitCode).toBe(4);
    expect((await run(ls, ["nowhere:x"])).exitCode).toBe(4);
  });

  it("are put and got, from files and streams, under their own names or another", async () => {
    await ok(put, "local", "mem:");
    await ok(put, "local", "disk:new/name");
    expect(disk("new/name")).toBe("local file");
    expect((await run(put, ["-", "disk:stdin"], { stdin: "from stdin" })).exitCode).toBe(0);
    expect(disk("stdin")).toBe("from stdin");
    expect((await run(put, ["--if-absent", "local", "disk:stdin"])).exitCode).toBe(5);
    expect(disk("stdin")).toBe("from stdin");
    expect((await run(put, ["-", "disk:new/"], { stdin: "x" })).exitCode).toBe(2);
    await ok(get, "mem:local", "disk:folder/a.txt", "out");
    expect(readdirSync(bench.path("out")).sort()).toEqual(["a.txt", "local"]);
    await ok(get, "disk:folder/deep/b", "one");
    expect(readFileSync(bench.path("one"), "utf8")).toBe("b");
    expect(await bytesOf(get, "disk:folder/deep/b", "-")).toBe("b");
  });

  it("refuse options that mean nothing there, and never replace a local file unasked", async () => {
    for (const [command, argv] of [
      [put, ["--affinity", "x", "local", "disk:x"]],
      [put, ["--redundancy", "none", "local", "disk:x"]],
      [get, ["--verify", "disk:folder/a.txt", "x"]],
      [get, ["--overwrite", "newer", "--verify", "disk:folder/a.txt", "x"]],
      [cp, ["--skip-unchanged", "b/p/x", "b/p/y"]],
      [put, ["--storage-class", "x", "local", "b/p/y"]],
      [mv, ["disk:folder/a.txt", "mem:folder/a.txt", "disk:both/"]],
    ] as const) {
      const { exitCode, stderr } = await run(command, argv);
      expect(exitCode, stderr).toBe(2);
    }
    expect((await run(get, ["disk:folder/a.txt", "local"])).exitCode).toBe(5);
    expect(readFileSync(bench.path("local"), "utf8")).toBe("local file");
    await ok(get, "--overwrite", "always", "disk:folder/a.txt", "local");
    expect(readFileSync(bench.path("local"), "utf8")).toBe("content of a");
  });

  it("are copied and moved, inside the service where both ends are on it", async () => {
    const inside = (await run(cp, ["--json", "disk:folder/a.txt", "disk:copy"])).json();
    expect(inside[0]).toMatchObject({ type: "cp", inside: true, path: "copy" });
    const across = (await run(cp, ["--json", "disk:copy", "mem:far/"])).json();
    expect(across[0]).toMatchObject({ inside: false, path: "far/copy" });
    expect(await bytesOf(cat, "mem:far/copy")).toBe("content of a");
    await ok(mv, "mem:far/copy", "disk:back");
    expect(disk("back")).toBe("content of a");
    expect((await run(stat, ["mem:far/copy"])).exitCode).toBe(4);
    await ok(mv, "disk:back", "disk:copy", "disk:both");
    expect(readdirSync(bench.path("disk/both")).sort()).toEqual(["back", "copy"]);
    expect((await run(cp, ["disk:both/back", "disk:both/back"])).exitCode).toBe(2);
    expect((await run(mv, ["disk:none", "mem:x"])).exitCode).toBe(4);
    expect((await run(cp, ["disk:both/back", "bucket/package/x"])).exitCode).toBe(2);
  });

  it("are removed, one by one or all below, and never all of a space", async () => {
    expect(await ok(rm, "--dry-run", "-r", "disk:folder")).toContain('would remove "disk:folder/deep/b"');
    await ok(rm, "disk:folder/a.txt");
    await ok(rm, "-r", "disk:folder");
    expect(readdirSync(bench.path("disk"), { recursive: true })).not.toContain("folder/deep/b");
    expect((await run(rm, ["-r", "disk:"])).exitCode).toBe(2);
    expect(disk("jcs/blocks/x")).toBe("a block");
  });

  it("below jcs/ are read, and neither written nor removed", async () => {
    expect(await bytesOf(cat, "disk:jcs/blocks/x")).toBe("a block");
    const absolute = bench.path("disk/jcs/blocks/x");
    const refuses = async (cases: readonly (readonly [Command, readonly string[]])[]) => {
      for (const [command, argv] of cases) {
        const result = await run(command, argv, { stdin: "x" });
        expect(result.exitCode, `${argv}`).toBe(2);
        expect(result.stderr, `${argv}`).toContain("the blocks of objects");
      }
    };
    for (const path of ["jcs/blocks/x", "JCS/blocks/x", "jcs\\blocks\\x", "jcs", absolute]) {
      await refuses([
        [put, ["local", `disk:${path}`]],
        [cp, ["disk:folder/a.txt", `disk:${path}`]],
        [mv, ["disk:folder/a.txt", `disk:${path}`]],
        [tee, [`disk:${path}`]],
        [sign, ["--for", "remove", `disk:${path}`]],
      ]);
    }
    for (const path of ["jcs/blocks/x", "jcs", "jcs/", absolute]) {
      await refuses([
        [rm, ["-r", `disk:${path}`]],
        [mv, [`disk:${path}`, "disk:elsewhere"]],
        [mv, [`disk:${path}`, "mem:elsewhere"]],
      ]);
    }
    await run(rm, ["-r", "disk:jcs"]);
    expect(disk("jcs/blocks/x")).toBe("a block");
    expect(disk("folder/a.txt")).toBe("content of a");
  });

  it("tee stores stdin and passes it on; sign says what a service cannot", async () => {
    const teed = await run(tee, ["disk:teed"], { stdin: "a stream" });
    expect(teed).toMatchObject({ exitCode: 0, bytes: Buffer.from("a stream") });
    expect(disk("teed")).toBe("a stream");
    const refused = await run(sign, ["disk:teed"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("cannot sign requests");
    expect((await run(tee, ["bucket/package/x"])).exitCode).toBe(2);
  });
});
