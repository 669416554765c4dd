import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import cat from "../../commands/cat.ts";
import cp from "../../commands/cp.ts";
import get from "../../commands/get.ts";
import ls from "../../commands/ls.ts";
import mv from "../../commands/mv.ts";
import rm from "../../commands/rm.ts";
import stat from "../../commands/stat.ts";
import { filesBelow } from "../e2e/rig.ts";
import { nativeBench } from "./native_bench.ts";

const bench = nativeBench();
const { ok, run, path } = bench;

beforeEach(() =>
  bench.files({
    "disk/top.txt": "top",
    "disk/a/1.txt": "one",
    "disk/a/2.txt": "two",
    "disk/a/3.md": "three",
    "disk/a/deep/4.txt": "four",
    "disk/a/deep/er/5.txt": "five",
    "disk/b/1.txt": "b one",
    "disk/odd/x*y": "star",
    "disk/odd/xzy": "no star",
    "disk/odd/[1]": "set",
    "disk/odd/1": "plain",
    "disk/jcs/blocks/00/x.txt": "a block",
  }),
);

const lines = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
const listed = async (...patterns: readonly string[]) => lines(await ok(ls, ...patterns));

describe("a glob on a space", () => {
  it("lists what matches, directories too, and only below its literal directory", async () => {
    expect(await listed("disk:*.txt")).toEqual(["disk:top.txt"]);
    expect(await listed("disk:a/?.txt")).toEqual(["disk:a/1.txt", "disk:a/2.txt"]);
    expect(await listed("disk:a/[!1].*")).toEqual(["disk:a/2.txt", "disk:a/3.md"]);
    expect(await listed("disk:{a,b}/1.txt")).toEqual(["disk:a/1.txt", "disk:b/1.txt"]);
    expect(await listed("disk:a/d*")).toEqual(["disk:a/deep/"]);
    expect(await listed("disk:a/**/*.txt")).toEqual([
      "disk:a/1.txt",
      "disk:a/2.txt",
      "disk:a/deep/4.txt",
      "disk:a/deep/er/5.txt",
    ]);
    expect(await listed("-r", "disk:a/d*")).toEqual(["disk:a/deep/4.txt", "disk:a/deep/er/5.txt"]);
    const lists = () => bench.client.metrics?.().find(({ operation }) => operation === "list")?.count;
    const before = lists();
    await ok(ls, "disk:a/d*");
    // One to see that there is no directory by that very name, one to match.
    expect(lists()).toBe((before ?? 0) + 2);
  });

  it("never reaches what belongs to jcs, unless it says so", async () => {
    expect((await run(ls, ["disk:**/x.txt"])).exitCode).toBe(4);
    expect(await listed("disk:jcs/**")).toEqual(["disk:jcs/blocks/00/x.txt"]);
    await ok(rm, "disk:**");
    expect(filesBelow(path("disk"))).toEqual(["jcs/blocks/00/x.txt"]);
  });

  it("is a name when there is one, and with a backslash its next character is", async () => {
    expect(await bench.bytesOf(cat, "disk:odd/x*y")).toBe("star");
    expect(await bench.bytesOf(cat, "disk:odd/x\\*y")).toBe("star");
    expect(await bench.bytesOf(cat, "disk:odd/[1]")).toBe("set");
    expect(await listed("disk:odd/x?y")).toEqual(["disk:odd/x*y", "disk:odd/xzy"]);
    expect(await bench.bytesOf(cat, "disk:odd/x[*]y")).toBe("star");
    expect((await run(cat, ["disk:odd/\\?"])).exitCode).toBe(4);
  });

  it("that matches nothing is NotFound, and one that is wrong is Usage", async () => {
    for (const command of [ls, cat, stat, rm]) {
      expect((await run(command, ["disk:a/*.none"])).exitCode).toBe(4);
      expect((await run(command, ["disk:a/[z-a]"])).exitCode).toBe(2);
    }
    expect((await run(get, ["disk:a/*.none", "out"])).exitCode).toBe(4);
    expect((await run(cat, ["disk:/elsewhere/*"])).exitCode).toBe(2);
    expect(await bench.bytesOf(cat, `disk:${path("disk")}/a/1*`)).toBe("one");
  });

  it("gets, reads and shows what matches", async () => {
    expect(await bench.bytesOf(cat, "disk:a/[12].txt")).toHaveLength(6);
    await ok(get, "disk:a/**/*.txt", "out");
    expect(filesBelow(path("out"))).toEqual(["1.txt", "2.txt", "deep/4.txt", "deep/er/5.txt"]);
    expect(readFileSync(path("out/deep/4.txt"), "utf8")).toBe("four");
    const shown = (await run(stat, ["--json", "disk:a/?.txt"])).json();
    expect(shown.slice(0, 2)).toEqual([
      expect.objectContaining({ type: "file", size: 3 }),
      expect.objectContaining({ type: "file", size: 3 }),
    ]);
    expect(shown.at(-1)).toMatchObject({ files: 2 });
  });

  it("copies, moves and removes what matches, with the path below its directory", async () => {
    await ok(cp, "disk:a/**/*.txt", "mem:copied");
    expect(await listed("-r", "mem:")).toEqual([
      "mem:copied/1.txt",
      "mem:copied/2.txt",
      "mem:copied/deep/4.txt",
      "mem:copied/deep/er/5.txt",
    ]);
    await ok(mv, "mem:copied/*.txt", "disk:moved/");
    expect(filesBelow(path("disk/moved"))).toEqual(["1.txt", "2.txt"]);
    await ok(rm, "disk:a/*.txt");
    expect(filesBelow(path("disk/a"))).toEqual(["3.md", "deep/4.txt", "deep/er/5.txt"]);
    await ok(rm, "-r", "disk:a/d*");
    expect(filesBelow(path("disk/a"))).toEqual(["3.md"]);
  });

  it("is not copied to where it would match again", async () => {
    const again = await run(cp, ["disk:a/**", "disk:a/again/"]);
    expect(again).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining("matches the pattern itself"),
    });
    const below = await run(cp, ["-r", "disk:a*", "disk:also/"]);
    expect(below.stderr).toContain("matches the pattern itself");
    expect(existsSync(path("disk/also"))).toBe(false);
  });

  it("of two sources cannot write one name twice", async () => {
    const result = await run(mv, ["--json", "disk:a/1*", "disk:b/1*", "disk:both/"]);
    expect(result.exitCode).toBe(9);
    expect(filesBelow(path("disk/both"))).toEqual(["1.txt"]);
    const left = [...filesBelow(path("disk/a")), ...filesBelow(path("disk/b"))];
    expect(left.filter((name) => name === "1.txt")).toHaveLength(1);
  });
});
