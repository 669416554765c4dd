import { beforeEach, describe, expect, it } from "vitest";
import cp from "../../commands/cp.ts";
import mv from "../../commands/mv.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

const ALL = ["b/p/a.txt", "b/p/d/e/y", "b/p/d/x", "b/q/z"];
let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  for (const name of ALL) await storeObject(client, name);
});

const CASES: [readonly string[], Record<string, string>][] = [
  [["b/p/a.txt", "b/p/new"], { "b/p/a.txt": "b/p/new" }],
  [["b/p/a.txt", "b/q"], { "b/p/a.txt": "b/q/a.txt" }],
  [["b/p/a.txt", "b/q/dir/"], { "b/p/a.txt": "b/q/dir/a.txt" }],
  [["b/p/a.txt", "b/p/d/x", "b/q/dir"], { "b/p/a.txt": "b/q/dir/a.txt", "b/p/d/x": "b/q/dir/x" }],
  [["-r", "b/p/d/", "b/q"], { "b/p/d/x": "b/q/d/x", "b/p/d/e/y": "b/q/d/e/y" }],
  [["-r", "b/p/d", "b/q/new"], { "b/p/d/x": "b/q/new/x", "b/p/d/e/y": "b/q/new/e/y" }],
  [["-r", "b/p/d/", "b/p/dd/"], { "b/p/d/x": "b/p/dd/d/x", "b/p/d/e/y": "b/p/dd/d/e/y" }],
  [["-r", "b/q", "b/p/"], { "b/q/z": "b/p/q/z" }],
  [
    ["b/p/**", "b/q/all"],
    { "b/p/a.txt": "b/q/all/a.txt", "b/p/d/x": "b/q/all/d/x", "b/p/d/e/y": "b/q/all/d/e/y" },
  ],
  [["b/p/d/*", "b/q/"], { "b/p/d/x": "b/q/x" }],
];

describe.each([
  ["cp", cp],
  ["mv", mv],
] as const)("%s", (name, command) => {
  const run = (...argv: readonly string[]) => runCommand(command, argv, { client });

  it.each(CASES)("%j", async (argv, moves) => {
    const result = await run(...argv);
    expect(result.stderr).toBe("");
    expect(result.exitCode).toBe(0);
    const kept = name === "cp" ? ALL : ALL.filter((object) => !(object in moves));
    expect([...client.objects.keys()].sort()).toEqual([...kept, ...Object.values(moves)].sort());
    for (const [source, target] of Object.entries(moves)) {
      expect(Buffer.from(client.objects.get(target)?.bytes ?? []).toString()).toBe(source);
    }
  });

  it("never lets one source take the place of another", async () => {
    await storeObject(client, "b/q/x");
    const named = await run("b/p/d/x", "b/q/x", "b/p/new/");
    expect(named.exitCode).toBe(2);
    expect(named.stderr).toContain('both are called "x"');
    const matched = await run("b/p/d/*", "b/q/*", "b/p/new/");
    expect(matched.exitCode).toBe(9);
    expect(matched.stderr).toContain("exists already");
    const contents = [...client.objects.values()].map(({ bytes }) => Buffer.from(bytes).toString());
    expect(contents).toEqual(expect.arrayContaining([...ALL, "b/q/x"]));
  });

  it("replaces what was there before, from several sources too", async () => {
    await storeObject(client, "b/p/new/x");
    const before = client.objects.get("b/p/new/x")!;
    client.objects.set("b/p/new/x", { ...before, record: { ...before.record, updatedAt: new Date(0) } });
    expect((await run("b/p/d/x", "b/q/z", "b/p/new/")).exitCode).toBe(0);
    expect(Buffer.from(client.objects.get("b/p/new/x")!.bytes).toString()).toBe("b/p/d/x");
  });

  it.each([
    [["b/p/a.txt", "b/p/a.txt"], 2, "the same object"],
    [["b/p/a.txt", "b/p"], 2, "the same object"],
    [["-r", "b/p/d/", "b/p/d/e"], 2, "below itself"],
    [["-r", "b/p/d/", "b/p/d/"], 2, "below itself"],
    [["-r", "b/p", "b/p/new"], 2, "below itself"],
    [["b/p/none", "b/q"], 4, "no such object"],
    [["b/p/a.txt", "b/none/x"], 4, "no such package"],
    [["b/p/a.txt", "b"], 2, "name a package"],
    [["./x", "b/p"], 2, "put and get"],
    [["b/p/a.txt", "./x"], 2, "put and get"],
    [["oss:x", "b/p"], 2, "in separate commands"],
    [["b/p/a.txt", "oss:x"], 2, "in separate commands"],
    [["--if-absent", "b/p/a.txt", "b/q/z"], 5, "exists already"],
    [["b/p/a.txt"], 2, "missing required argument"],
  ])("%j fails and changes nothing", async (argv, exitCode, message) => {
    const before = new Map(client.objects);
    const result = await run(...argv);
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
    expect(client.objects).toEqual(before);
  });

  it("does not take up its own results", async () => {
    const result = await run("b/p/**", "b/p/new");
    expect(result.stderr).toContain("matches the pattern itself");
    expect([...client.objects.keys()].sort()).toEqual(ALL);
  });

  it("replaces an object at the target unless told not to", async () => {
    expect((await run("b/p/a.txt", "b/q/z")).exitCode).toBe(0);
    expect(Buffer.from(client.objects.get("b/q/z")?.bytes ?? []).toString()).toBe("b/p/a.txt");
  });

  it("tells scripts source and target", async () => {
    const lines = (await run("--json", "b/p/a.txt", "b/q")).json();
    expect(lines).toMatchObject([
      {
        type: name,
        source: { bucket: "b", package: "p", path: "a.txt" },
        bucket: "b",
        package: "q",
        path: "a.txt",
      },
      { type: "summary", exitCode: 0 },
    ]);
  });
});

describe("trees", () => {
  it("need -r with cp", async () => {
    const result = await runCommand(cp, ["b/p/d/", "b/q"], { client });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain("Use -r");
    expect((await runCommand(mv, ["b/p/d/", "b/q"], { client })).exitCode).toBe(0);
  });
});
