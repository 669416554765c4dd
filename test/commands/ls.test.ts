import { beforeEach, describe, expect, it } from "vitest";
import ls from "../../commands/ls.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  for (const name of ["b/p/a.txt", "b/p/d/x", "b/p/d/e/y", "b/q/z", "c/p/w"]) {
    await storeObject(client, name, { modifiedAt: new Date(1_600_000_000_000) });
  }
  await client.packages.create({ bucket: "c", package: "empty" });
  await client.buckets.create("void");
});

const run = (...argv: readonly string[]) => runCommand(ls, argv, { client });

describe("ls", () => {
  it.each([
    [[], ["b", "c", "void"]],
    [["b"], ["b/p", "b/q"]],
    [["b/"], ["b/p", "b/q"]],
    [["void"], []],
    [["c/empty"], []],
    [["b/p"], ["b/p/a.txt", "b/p/d/"]],
    [["b/p/d/"], ["b/p/d/e/", "b/p/d/x"]],
    [["b/p/d"], ["b/p/d/e/", "b/p/d/x"]],
    [["b/p/a.txt"], ["b/p/a.txt"]],
    [["jcs://b/p/a.txt"], ["b/p/a.txt"]],
    [["-r"], ["b/p/a.txt", "b/p/d/e/y", "b/p/d/x", "b/q/z", "c/p/w"]],
    [
      ["-r", "b"],
      ["b/p/a.txt", "b/p/d/e/y", "b/p/d/x", "b/q/z"],
    ],
    [
      ["-r", "b/p/d/"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [["b/p/*"], ["b/p/a.txt", "b/p/d/"]],
    [["b/p/*.txt"], ["b/p/a.txt"]],
    [["b/p/**"], ["b/p/a.txt", "b/p/d/e/y", "b/p/d/x"]],
    [
      ["-r", "b/p/*"],
      ["b/p/a.txt", "b/p/d/e/y", "b/p/d/x"],
    ],
    [
      ["-r", "b/p/[d]"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [["b/p/*/x"], ["b/p/d/x"]],
    [["b/p/{a.txt,d/x}"], ["b/p/a.txt", "b/p/d/x"]],
    [["b/[pq]"], ["b/p/a.txt", "b/p/d/", "b/q/z"]],
    [["*/p/w"], ["c/p/w"]],
    [["?"], ["b/p", "b/q", "c/empty", "c/p"]],
    [
      ["b/q", "c/p"],
      ["b/q/z", "c/p/w"],
    ],
  ])("%j", async (argv, expected) => {
    const result = await run(...argv);
    expect(result.stderr).toBe("");
    expect(result.stdout.split("\n").slice(0, -1)).toEqual(expected);
    expect(result.exitCode).toBe(0);
  });

  it.each([
    [["none"], 4, "bucket"],
    [["b/none"], 4, "does not exist"],
    [["-r", "b/none"], 4, "does not exist"],
    [["b/p/none"], 4, "no such object"],
    [["b/p/none*"], 4, "matches"],
    [["./x"], 2, "local path"],
    [["oss:x"], 2, "files of a space"],
  ])("%j fails", async (argv, exitCode, message) => {
    const result = await run(...argv);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(message);
    expect(result.stdout).toBe("");
  });

  it("goes on after an address that does not exist", async () => {
    const result = await run("b/none", "b/q");
    expect(result.stdout).toBe("b/q/z\n");
    expect(result.exitCode).toBe(9);
  });

  it("shows size, time and scheme in columns with -l", async () => {
    await storeObject(client, "b/p/big", { content: "x".repeat(12345), scheme: { kind: "rep", count: 3 } });
    expect((await run("-l", "b/p")).stdout.split("\n").slice(0, 3)).toEqual([
      "             9  2020-09-13T12:26:40Z  none      b/p/a.txt",
      expect.stringMatching(/^ {9}12345 {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}rep:3 {5}b\/p\/big$/),
      `             -${" ".repeat(32)}  b/p/d/`,
    ]);
  });

  it("has an object per line, and a summary, with --json", async () => {
    const lines = (await run("--json", "b/p")).json();
    expect(lines).toEqual([
      {
        type: "object",
        bucket: "b",
        package: "p",
        path: "a.txt",
        size: 9,
        hash: expect.stringMatching(/^sha256:/),
        redundancy: "none",
        modifiedAt: "2020-09-13T12:26:40.000Z",
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        generation: expect.any(String),
        metadata: {},
      },
      { type: "prefix", bucket: "b", package: "p", path: "d/" },
      expect.objectContaining({ type: "summary", objects: 1, prefixes: 1, bytes: 9, exitCode: 0 }),
    ]);
    expect((await run("--json")).json()[0]).toMatchObject({ type: "bucket", bucket: "b" });
    expect((await run("--json", "b")).json()[0]).toMatchObject({
      type: "package",
      bucket: "b",
      package: "p",
    });
  });

  it("does not let a name drive the terminal, nor pass for two", async () => {
    await storeObject(client, "b/h/a\nb\u001b[31m");
    expect((await run("b/h")).stdout).toBe("b/h/a\\nb\\x1b[31m\n");
    expect((await run("--json", "b/h")).json()[0]).toMatchObject({ path: "a\nb\u001b[31m" });
  });

  it("reads no more of a package than the literal start of the pattern", async () => {
    const requests: unknown[] = [];
    const list = client.list;
    await runCommand(ls, ["b/p/d/e/*", "b/p/d/**/y"], {
      client: {
        ...client,
        list(request) {
          requests.push({ ...request });
          return list(request);
        },
      },
    });
    const owner = { bucket: "b", package: "p" };
    // The others look for an object or tree that is called like the pattern itself.
    expect(requests).toEqual([
      { package: owner, prefix: "d/e/*/" },
      { package: owner, prefix: "d/e/", delimited: true },
      { package: owner, prefix: "d/**/y/" },
      { package: owner, prefix: "d/" },
    ]);
  });

  it("stops at Ctrl-C", async () => {
    const stop = new AbortController();
    stop.abort();
    const result = await runCommand(ls, ["b/p"], { client, signal: stop.signal });
    expect(result.exitCode).toBe(130);
    expect(result.stdout).toBe("");
  });
});
