import { beforeEach, describe, expect, it } from "vitest";
import redundancy from "../../commands/redundancy.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

const EC = { kind: "ec", dataShards: 4, parityShards: 2, chunkBytes: 1024, code: "cauchy16/1" } as const;
let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  for (const [index, location] of ["bj", "bj", "bj", "sh", "gz", "gz"].entries()) {
    await client.spaces.add({ name: `s${index}`, connection: "fs:///x", location });
  }
});

const show = (...argv: readonly string[]) => runCommand(redundancy, ["show", ...argv], { client });

describe("redundancy gc", () => {
  it("tells each space, goes on after one that fails, and ends with its status", async () => {
    const { stdout, stderr, exitCode } = await runCommand(redundancy, ["gc", "--older-than", "0s"], {
      client,
    });
    expect(stdout).toContain("a: removed 3 blocks\nb: removed 0 blocks\n");
    expect(stderr).toContain('Cannot reach space "b"');
    expect(exitCode).toBe(8);
    const lines = (await runCommand(redundancy, ["gc", "--json"], { client })).json();
    expect(lines).toMatchObject([
      { type: "gc", space: "a", removed: 3 },
      { space: "b", removed: 0 },
      { type: "summary" },
    ]);
    expect((await runCommand(redundancy, ["gc", "--older-than", "soon"], { client })).exitCode).toBe(2);
  });
});

describe("redundancy show", () => {
  it("shows blocks, and what may be lost of spaces and failure domains", async () => {
    await storeObject(client, "b/p/x", { content: "abc", scheme: EC });
    const { stdout } = await show("b/p/x");
    expect(stdout).toContain("b/p/x  ec:4+2  3B\n");
    expect(stdout).toMatch(/BLOCK +ROLE +SPACE +LOCATION +BYTES\n +0 +data +s0 +bj +100\n/);
    expect(stdout).toMatch(/ +5 +parity +s5 +gz +105\n/);
    expect(stdout).toContain("May be lost: any 2 of 6 spaces, but not a whole failure domain\n");
    expect((await show("--json", "b/p/x")).json()).toMatchObject([
      {
        type: "redundancy",
        path: "x",
        redundancy: "ec:4+2",
        size: 3,
        needed: 4,
        missingBlocks: [],
        mayLose: { spaces: 2, failureDomains: 0 },
        blocks: [{ index: 0, role: "data", space: "s0", location: "bj", bytes: 100 }, {}, {}, {}, {}, {}],
      },
      { type: "summary", objects: 1 },
    ]);
  });

  it("counts what is missing", async () => {
    client.owed = [1, 5];
    await storeObject(client, "b/p/x", { scheme: EC });
    expect((await show("b/p/x")).stdout).toContain("Missing: blocks 1, 5. Nothing may be lost");
    client.owed = [1, 2, 5];
    await storeObject(client, "b/p/x", { scheme: EC });
    expect((await show("b/p/x")).stdout).toContain("Cannot be read: 4 blocks are needed");
    expect((await show("--json", "b/p/x")).json()[0]).toMatchObject({
      mayLose: null,
      missingBlocks: [1, 2, 5],
    });
  });

  it("shows replicas, single blocks and many objects", async () => {
    await storeObject(client, "b/p/r", { scheme: { kind: "rep", count: 2 }, spaces: ["s0", "s3"] });
    await storeObject(client, "b/p/n", { scheme: { kind: "none" } });
    const { stdout } = await show("b/p");
    expect(stdout).toContain("replica");
    expect(stdout).toContain("May be lost: any 1 of 2 spaces, any 1 of 2 failure domains");
    expect(stdout).toContain("Nothing may be lost: no space can be missed");
    expect((await show("b/none")).exitCode).toBe(4);
  });

  it("does not count a block on a space that is forgotten", async () => {
    await storeObject(client, "b/p/x", { scheme: { kind: "rep", count: 3 }, spaces: ["s0", "gone", "s3"] });
    const { stdout } = await show("b/p/x");
    expect(stdout).toMatch(/1 +replica +gone +- +101/);
    expect(stdout).toContain(
      'Not configured: the spaces of blocks 1 on "gone". May be lost: any 1 of 2 spaces, any 1 of 2 failure domains',
    );
    expect((await show("--json", "b/p/x")).json()[0]).toMatchObject({
      missingBlocks: [],
      blocksWithoutSpace: [1],
      mayLose: { spaces: 1, failureDomains: 1 },
    });
    await storeObject(client, "b/p/y", { scheme: { kind: "none" }, spaces: ["gone"] });
    expect((await show("b/p/y")).stdout).toContain("Cannot be read: 1 block is needed");
  });
});
