import { beforeEach, describe, expect, it } from "vitest";
import stat from "../../commands/stat.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  client.owed = [5];
  await storeObject(client, "b/p/x", {
    content: "abc",
    modifiedAt: new Date(1_600_000_000_000),
    scheme: { kind: "ec", dataShards: 4, parityShards: 2, chunkBytes: 1024, code: "cauchy16/1" },
    spaces: ["oss", "cos"],
  });
});

describe("stat", () => {
  it("shows everything to people", async () => {
    const result = await runCommand(stat, ["b/p/x"], { client });
    expect(result.stdout).toContain("Object:     b/p/x\nSize:       3 bytes\nHash:       sha256:ba7816bf");
    expect(result.stdout).toContain("Modified:   2020-09-13T12:26:40Z");
    expect(result.stdout).toContain("Redundancy: ec:4+2\nBlocks:     5 of 6\nSpaces:     oss, cos\n");
  });

  it("shows everything to scripts", async () => {
    const [line, summary] = (await runCommand(stat, ["--json", "b/p/*"], { client })).json();
    expect(line).toMatchObject({ type: "object", path: "x", size: 3, redundancy: "ec:4+2" });
    expect(line?.["blocks"]).toHaveLength(5);
    expect(summary).toMatchObject({ type: "summary", objects: 1 });
  });

  it.each([
    ["b/p/none", 4],
    ["b/p", 2],
    ["b/p/none*", 4],
  ])("%s fails", async (address, exitCode) => {
    expect((await runCommand(stat, [address], { client })).exitCode).toBe(exitCode);
  });
});
