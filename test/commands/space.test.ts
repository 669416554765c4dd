import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import space from "../../commands/space.ts";
import { JcsError } from "../../core/errors.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();
const SECRET = "s3://bucket/dir?credential=hmac:key:verysecret";
let client: FakeClient;
let directory: string;

beforeEach(() => {
  client = createFakeClient();
  directory = makeDirectory();
});

function run(argv: readonly string[], stdin?: string) {
  async function* input() {
    yield Buffer.from(stdin ?? "");
  }
  return runCommand(space, argv, { client, directory, stdin: input() });
}

describe("space add", () => {
  it("records everything that is given", async () => {
    const result = await run([
      ...["add", "oss", "s3://b/d", "--location", "cn-beijing", "--account", "work"],
      ...["--capacity", "50GiB", "--cost", "egressPerGiB=0.09", "--cost", "putPer1000=0.01"],
    ]);
    expect(result.stdout).toBe('Added space "oss"\n');
    expect(client.fakeSpaces.get("oss")).toMatchObject({
      full: "s3://b/d",
      location: "cn-beijing",
      account: "work",
      capacityBytes: 50 * 1024 ** 3,
      cost: { egressPerGiB: 0.09, putPer1000: 0.01 },
    });
    expect((await run(["add", "oss", "s3://b/d"])).exitCode).toBe(5);
  });

  it("reads the connection string from stdin or a file", async () => {
    expect((await run(["add", "one", "-"], `${SECRET}\n`)).exitCode).toBe(0);
    writeFileSync(join(directory, "c.txt"), `  ${SECRET}\r\n`);
    expect((await run(["add", "two", "@c.txt"])).exitCode).toBe(0);
    expect(client.fakeSpaces.get("one")?.full).toBe(SECRET);
    expect(client.fakeSpaces.get("two")?.full).toBe(SECRET);
  });

  it.each([
    [["add", "bad name", "fs:///x"], 2, "name of a space"],
    [["add", "x", "fs:///x", "--capacity", "50"], 0, ""],
    [["add", "x", "fs:///x", "--capacity", "50K"], 2, "--capacity"],
    [["add", "x", "fs:///x", "--cost", "egress"], 2, "key=value"],
    [["add", "x", "fs:///x", "--cost", "egress=much"], 2, "write a number"],
    [["add", "x", "@none.txt"], 4, "no such file"],
    [["add", "x", "-"], 2, "one connection string"],
  ])("%j ends with %i", async (argv, exitCode, message) => {
    const result = await run(argv);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(message);
  });

  it("never shows what it has read", async () => {
    const result = await run(["add", "x", "-"], `${SECRET}\n${SECRET}`);
    expect(result.exitCode).toBe(2);
    expect(result.stdout + result.stderr).not.toContain("verysecret");
  });

  it("says in its help how to keep a secret", async () => {
    expect((await run(["add", "--help"])).stdout).toMatch(/visible to other users of this machine \(ps\)/);
  });
});

describe("the other space commands", () => {
  beforeEach(async () => {
    await run(["add", "oss", SECRET, "--location", "bj", "--capacity", "1GiB"]);
    await run(["add", "disk", "fs:///srv"]);
  });

  it("list in a table and as JSON", async () => {
    const text = (await run(["ls"])).stdout;
    expect(text).toMatch(/SPACE +LOCATION +ACCOUNT +BLOCKS +BYTES +CAPACITY +CONNECTION/);
    expect(text).toMatch(/oss +bj +- +0 +0B +1GiB +s3:\/\/bucket\/dir$/m);
    const lines = (await run(["ls", "--json"])).json();
    expect(lines[0]).toMatchObject({ type: "space", name: "oss", location: "bj", capacityBytes: 1024 ** 3 });
    expect(lines.at(-1)).toMatchObject({ type: "summary", spaces: 2 });
    client.fakeSpaces.clear();
    expect((await run(["ls"])).stderr).toContain("jcs space add");
  });

  it("show one without its secrets", async () => {
    const result = await run(["show", "oss"]);
    expect(result.stdout).toContain(
      "Connection: s3://bucket/dir?credential=***\nLocation:   bj\nCapacity:   1GiB\n",
    );
    expect((await run(["show", "--json", "oss"])).json()[0]).toMatchObject({ type: "space", name: "oss" });
    expect((await run(["show", "none"])).exitCode).toBe(4);
  });

  it("remove one that is empty, or with --force", async () => {
    client.fakeSpaces.set("oss", { ...client.fakeSpaces.get("oss")!, blocks: 3 });
    expect((await run(["rm", "oss"])).exitCode).toBe(5);
    expect((await run(["rm", "--force", "oss"])).stdout).toBe('Removed space "oss"\n');
    expect((await run(["rm", "disk"])).exitCode).toBe(0);
    expect(client.fakeSpaces.size).toBe(0);
  });

  it("test all or some, each step a line, and go on after a failure", async () => {
    const good = await run(["test", "disk"]);
    expect(good.stdout).toBe("disk  write   1 ms\ndisk  stat    2 ms\nAll steps succeeded\n");
    client.testError = new JcsError("PermissionDenied", 'Cannot read from space "x": status 403');
    const one = await run(["test", "--json", "oss"]);
    expect(one.exitCode).toBe(6);
    expect(one.json()).toMatchObject([
      { type: "test", space: "oss", step: "write", milliseconds: 1.4 },
      { step: "stat", error: { kind: "PermissionDenied" } },
      { type: "summary", failed: 1 },
    ]);
    const all = await run(["test"]);
    expect(all.exitCode).toBe(9);
    expect(all.stderr).toContain("Cannot test 2 of 2 spaces: see above");
    expect((await run(["test", "none"])).exitCode).toBe(4);
    client.fakeSpaces.clear();
    expect((await run(["test"])).exitCode).toBe(4);
  });

  it("probe one: each finding a line, and what is broken is a failure", async () => {
    const good = await run(["probe", "disk"]);
    expect(good.stdout).toBe(
      "read range             yes\nwrite latency          yes  1.5 ms  (slowest of 12: 3 ms)\nlongest name           yes  255B\nThe space does what it claims\n",
    );
    client.testError = new JcsError("Unexpected", "x");
    const bad = await run(["probe", "--json", "disk"]);
    expect(bad.exitCode).toBe(7);
    expect(bad.json()[1]).toMatchObject({
      type: "finding",
      space: "disk",
      name: "write latency",
      value: 1.5,
      unit: "ms",
    });
    expect(bad.json().at(-1)).toMatchObject({ type: "summary", findings: 4, broken: ["list in order"] });
    expect((await run(["probe", "none"])).exitCode).toBe(4);
  });
});
