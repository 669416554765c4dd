import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import get from "../../commands/get.ts";
import put from "../../commands/put.ts";
import stat from "../../commands/stat.ts";
import { filesBelow } from "../e2e/rig.ts";
import { nativeBench } from "./native_bench.ts";

const bench = nativeBench();
const { ok, run, path, files } = bench;

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

  it("goes on after a file that fails, and says so", async () => {
    files({ ...TREE, "disk/tree/a/blocker": "", "disk/tree/sub/x/blocker": "" });
    const result = await run(put, ["--json", "tree", "disk:"]);
    expect(result.exitCode).toBe(9);
    expect(result.json().at(-1)).toMatchObject({ type: "summary", stored: 2, failed: 2, exitCode: 9 });
    expect(bench.disk("tree/sub/deep/ü")).toBe("umlaut");
  });

  it("--skip-unchanged leaves alone what has the size and was written no earlier than the file changed", async () => {
    files(TREE);
    for (const space of ["disk", "mem"]) {
      await ok(put, "tree", `${space}:`);
      const again = (await run(put, ["--json", "--skip-unchanged", "tree", `${space}:`])).json();
      expect(again.at(-1)).toMatchObject({ stored: 0, unchanged: 4 });
      writeFileSync(path("tree/a"), "of another size");
      utimesSync(path("tree/sub/x"), new Date(), new Date(Date.now() + 60_000));
      const changed = (await run(put, ["--json", "--skip-unchanged", "tree", `${space}:`])).json();
      expect(changed.at(-1)).toMatchObject({ stored: 2, unchanged: 2 });
      utimesSync(path("tree/sub/x"), new Date(), new Date(Date.now() - 60_000));
    }
  });
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
