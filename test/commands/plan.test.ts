import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import plan from "../../commands/plan.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();
let client: FakeClient;
let directory: string;

beforeEach(async () => {
  client = createFakeClient();
  directory = makeDirectory();
  writeFileSync(join(directory, "file"), "12345");
  await storeObject(client, "b/p/x");
  client.calls.length = 0;
});

const run = (...argv: readonly string[]) => runCommand(plan, argv, { client, directory });

describe("plan", () => {
  it("shows ops as text with what the client says of them, and transfers nothing", async () => {
    const put = await run("put", "file", "b/p/");
    expect(put.stderr).toBe("");
    expect(put.stdout).toMatch(/plan put b\/p\/file.*\n {2}op#1 +does put b\/p\/file after 5\n/);
    expect(put.stdout).toContain("1 op on 1 node; nothing was transferred");
    expect((await run("put", "--before", "--size", "1KiB", "-", "b/p/y")).stdout).toContain(
      "put b/p/y before 1024",
    );
    expect((await run("get", "--without", "s1,s2", "b/p/x")).stdout).toContain("after without s1,s2");
    expect((await run("get", "--without", "s1", "--without", "s2,s1", "b/p/x")).stdout).toContain(
      "after without s1,s2\n",
    );
    expect(client.calls).toEqual([]);
  });

  it("draws, and prints JSON", async () => {
    expect((await run("get", "--dot", "b/p/x")).stdout).toMatch(/^digraph "get b\/p\/x" \{[\s\S]*\}\n$/);
    expect((await run("get", "--mermaid", "b/p/x")).stdout).toMatch(/flowchart TD\n[\s\S]*does get b\/p\/x/);
    expect((await run("get", "--json", "b/p/x")).json()).toMatchObject([
      {
        type: "plan",
        command: "get",
        bucket: "b",
        package: "p",
        path: "x",
        plan: { ops: [{ id: "op#1" }], bufferBytes: 1024 },
      },
      { type: "summary", ops: 1, nodes: 1, kinds: { fake: 1 } },
    ]);
  });

  it.each([
    [["get", "b/p/none"], 4, "no such object"],
    [["get", "b/p/"], 2, "name one object"],
    [["get", "--dot", "--json", "b/p/x"], 2, "in two ways"],
    [["put", "none", "b/p"], 4, "no such file"],
    [["put", "-", "b/p"], 2, "no name"],
    [["put", ".", "b/p/x"], 2, "it is a directory"],
    [["put", "--redundancy", "x", "file", "b/p"], 2, "scheme"],
    [["put", "--spaces", ",", "file", "b/p"], 2, "separated by commas"],
  ])("%j fails", async (argv, exitCode, message) => {
    const result = await run(...argv);
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
  });
});
