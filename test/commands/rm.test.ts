import { beforeEach, describe, expect, it } from "vitest";
import rm from "../../commands/rm.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

const ALL = ["b/p/a.txt", "b/p/a[1].txt", "b/p/a1.txt", "b/p/d/e/y", "b/p/d/x", "b/q/z"];
let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  for (const name of ALL) await storeObject(client, name);
});

const run = (...argv: readonly string[]) => runCommand(rm, argv, { client });
const gone = () => ALL.filter((name) => !client.objects.has(name));

describe("rm", () => {
  it.each([
    [["b/p/a.txt"], ["b/p/a.txt"]],
    [
      ["b/p/a.txt", "b/q/z"],
      ["b/p/a.txt", "b/q/z"],
    ],
    [["b/p/*.txt"], ["b/p/a.txt", "b/p/a[1].txt", "b/p/a1.txt"]],
    [["b/p/a[1].txt"], ["b/p/a[1].txt"]],
    [["b/p/a\\[1\\].txt"], ["b/p/a[1].txt"]],
    [["b/p/a[12].txt"], ["b/p/a1.txt"]],
    [
      ["-r", "b/p/d/"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [
      ["-r", "b/p/d"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [
      ["-r", "b/p/d*/"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [["-r", "b/q"], ["b/q/z"]],
    [["-f", "b/p/none", "b/q/z"], ["b/q/z"]],
  ])("%j", async (argv, expected) => {
    const result = await run(...argv);
    expect(result.stderr).toBe("");
    expect(result.exitCode).toBe(0);
    expect(gone()).toEqual(expected);
  });

  it.each([
    [["b/p/d/"], 2, "Use -r"],
    [["b/p/d"], 2, "Use -r"],
    [["b/p"], 2, "Use -r"],
    [["b/p/d*/"], 2, "Use -r"],
    [["b"], 2, "Cannot use bucket"],
    [["-r", "b"], 2, "Cannot use bucket"],
    [["b/p/[d]"], 4, "matches"],
    [["b/p/none"], 4, "no such object"],
    [["b/p/none*"], 4, "matches"],
    [["-r", "b/p/none/"], 4, "no object has"],
    [["./x"], 2, "local path"],
    [["-f", "./x"], 2, "local path"],
  ])("%j fails and removes nothing", async (argv, exitCode, message) => {
    const result = await run(...argv);
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
    expect(gone()).toEqual([]);
  });

  it("keeps the package", async () => {
    await run("-r", "b/q");
    expect(await client.packages.list("b")).toMatchObject([{ name: "p" }, { name: "q" }]);
  });

  it("goes on after one that is missing", async () => {
    const result = await run("b/p/none", "b/q/z");
    expect(result.exitCode).toBe(9);
    expect(gone()).toEqual(["b/q/z"]);
  });

  it("only shows with --dry-run", async () => {
    const result = await run("--json", "--dry-run", "-r", "b/p/d/");
    expect(result.json()).toMatchObject([
      { type: "rm", path: "d/e/y", dryRun: true },
      { type: "rm", path: "d/x", dryRun: true },
      { type: "summary", removed: 2, dryRun: true },
    ]);
    expect((await run("--dry-run", "b/q/z")).stdout).toBe(
      'would remove "b/q/z"\nNothing was removed: --dry-run\n',
    );
    expect(gone()).toEqual([]);
  });

  it("removes one called like a tree without the tree", async () => {
    await storeObject(client, "b/p/d");
    expect((await run("-r", "b/p/d")).exitCode).toBe(0);
    expect(client.objects.has("b/p/d")).toBe(false);
    expect(gone()).toEqual([]);
  });
});
