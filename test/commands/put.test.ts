import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import put from "../../commands/put.ts";
import { JcsError } from "../../core/errors.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { type CommandRun, runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();

/** Runs put in a directory with these files, each holding its own name. */
function setUp(paths: readonly string[]) {
  const directory = makeDirectory();
  const client = createFakeClient();
  for (const path of paths) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), path);
  }
  const run = (argv: readonly string[], options: Partial<Parameters<typeof runCommand>[2]> = {}) =>
    runCommand(put, argv, { client, directory, ...options });
  return { directory, client, run };
}

function names(client: FakeClient): string[] {
  return [...client.objects.keys()].sort();
}

function failed(run: CommandRun): string[] {
  return run.stderr.split("\n").filter((line) => line.startsWith("jcs:"));
}

describe("where put stores", () => {
  it.each([
    [["a.txt", "b/p"], ["b/p/a.txt"]],
    [["a.txt", "b/p/"], ["b/p/a.txt"]],
    [["a.txt", "b/p/dir/"], ["b/p/dir/a.txt"]],
    [["a.txt", "b/p/new"], ["b/p/new"]],
    [["a.txt", "jcs://b/p/new"], ["b/p/new"]],
    [
      ["d/x", "a.txt", "b/p/dir"],
      ["b/p/dir/a.txt", "b/p/dir/x"],
    ],
    [
      ["d", "b/p"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [
      ["d/", "b/p"],
      ["b/p/d/e/y", "b/p/d/x"],
    ],
    [
      ["d", "b/p/new"],
      ["b/p/new/e/y", "b/p/new/x"],
    ],
    [
      ["d", "b/p/new/"],
      ["b/p/new/d/e/y", "b/p/new/d/x"],
    ],
    [
      ["d/.", "b/p"],
      ["b/p/e/y", "b/p/x"],
    ],
    [
      ["d/./", "b/p/new/"],
      ["b/p/new/e/y", "b/p/new/x"],
    ],
    [
      ["-r", "d/e", "a.txt", "b/p"],
      ["b/p/a.txt", "b/p/e/y"],
    ],
  ])("put %j", async (argv, expected) => {
    const { client, run } = setUp(["a.txt", "d/x", "d/e/y"]);
    const result = await run(argv);
    expect(result.stderr).toBe("");
    expect(result.exitCode).toBe(0);
    expect(names(client)).toEqual(expected);
  });

  it("keeps hostile names as they are", async () => {
    const hostile = [
      "-rf",
      " lead",
      "q\"uo'te",
      "new\nline",
      "😀/🎉",
      "*?[a]",
      "back\\slash",
      ".hidden",
      "a:b",
    ];
    const { client, run } = setUp(hostile.map((name) => `d/${name}`));
    expect((await run(["d", "b/p"])).exitCode).toBe(0);
    expect(names(client)).toEqual(hostile.map((name) => `b/p/d/${name}`).sort());
    const { client: other, run: runOther } = setUp(["-rf"]);
    expect((await runOther(["--", "-rf", "b/p"])).exitCode).toBe(0);
    expect(names(other)).toEqual(["b/p/-rf"]);
  });

  it("stores a path of 1,024 bytes, and reports one that is longer without stopping", async () => {
    const name = "x".repeat(200);
    const long = [name, name, name, name, "y".repeat(220)].join("/");
    const { client, run } = setUp([`${long}`, `${long}z`]);
    expect(Buffer.byteLength(long)).toBe(1024);
    const result = await run([".", "b/p"]);
    expect(names(client)).toEqual([`b/p/${long}`]);
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toContain("1025 bytes");
  });

  it.each([
    [["a.txt", "b"], "name a package"],
    [["a.txt", "./b/p"], "it is a local path"],
    [["a.txt", "oss:b/p"], "files of a space"],
    [["oss:x", "b/p"], "path on a space"],
    [["jcs://b/p/x", "b/p"], "no such file"],
    [["-", "b/p"], "standard input has no name"],
    [["-", "a.txt", "b/p/x"], "standard input has no name"],
    [["a.txt", "b/p/../x"], 'the segment ".."'],
    [["a.txt", "d/a.txt", "b/p"], 'both are called "a.txt"'],
    [["--redundancy", "ec:x", "a.txt", "b/p"], "redundancy scheme"],
    [["--spaces", "a,,b", "a.txt", "b/p"], "separated by commas"],
    [["--metadata", "novalue", "a.txt", "b/p"], "key=value"],
    [["a.txt"], "missing required argument"],
  ])("refuses %j", async (argv, message) => {
    const { client, run } = setUp(["a.txt", "d/a.txt"]);
    const result = await run(argv);
    expect(result.stderr).toContain(message);
    expect([2, 4]).toContain(result.exitCode);
    expect(client.objects.size).toBe(0);
  });

  it("takes a local file whose name looks like a path on a space", async () => {
    const { client, run } = setUp(["oss:x"]);
    expect((await run(["oss:x", "b/p"])).exitCode).toBe(0);
    expect(names(client)).toEqual(["b/p/oss:x"]);
  });
});

describe("what put stores", () => {
  it("passes bytes, time and options on", async () => {
    const { directory, client, run } = setUp(["a.txt"]);
    utimesSync(join(directory, "a.txt"), new Date(1_600_000_000_123), new Date(1_600_000_000_123));
    const options = ["--redundancy", "ec:4+2", "--spaces", "x,y", "--metadata", "k=v=w", "--metadata", "l="];
    expect((await run([...options, "a.txt", "b/p/x"])).exitCode).toBe(0);
    const stored = client.objects.get("b/p/x");
    expect(Buffer.from(stored?.bytes ?? []).toString()).toBe("a.txt");
    expect(stored?.record.generation).toMatchObject({
      modifiedAt: new Date(1_600_000_000_123),
      redundancy: { kind: "ec", dataShards: 4, parityShards: 2 },
      metadata: { k: "v=w", l: "" },
    });
    expect(new Set(stored?.record.blocks.map(({ space }) => space))).toEqual(new Set(["x", "y"]));
  });

  it("stores stdin under the name given", async () => {
    const { client, run } = setUp([]);
    async function* stdin() {
      yield Buffer.from("ab");
      yield Buffer.from("c");
    }
    expect((await run(["-", "b/p/x"], { stdin: stdin() })).exitCode).toBe(0);
    expect(client.objects.get("b/p/x")?.bytes.length).toBe(3);
    expect(client.objects.get("b/p/x")?.record.generation.modifiedAt).toBeUndefined();
  });

  it("follows links, reports loops and special files, notes empty directories, and stores the rest", async () => {
    const { directory, client, run } = setUp(["d/x", "d/e/y"]);
    mkdirSync(join(directory, "d/empty"));
    execFileSync("mkfifo", [join(directory, "d/pipe")]);
    symlinkSync("x", join(directory, "d/link"));
    symlinkSync("..", join(directory, "d/e/loop"));
    const result = await run(["d", "b/p"]);
    expect(names(client)).toEqual(["b/p/d/e/y", "b/p/d/link", "b/p/d/x"]);
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toContain("it is a named pipe");
    expect(result.stderr).toContain("leads back to");
    expect(result.stderr).toContain("1 empty directory not stored");
    expect(result.stderr).toContain("Cannot put 2 of 5 objects");
  });

  it("goes on after a source that is missing, and ends with its status when it was the only one", async () => {
    const { client, run } = setUp(["a.txt"]);
    const both = await run(["none", "a.txt", "b/p"]);
    expect(both.exitCode).toBe(9);
    expect(names(client)).toEqual(["b/p/a.txt"]);
    const one = await run(["none", "b/p"]);
    expect(one.exitCode).toBe(4);
    expect(failed(one)).toHaveLength(1);
  });

  it("fails when the file changes while it is read", async () => {
    const { directory, client, run } = setUp(["a.txt"]);
    client.before = () => appendFileSync(join(directory, "a.txt"), "more");
    const result = await run(["a.txt", "b/p"]);
    expect(result.stderr).toContain("changed while it was read");
    expect(result.exitCode).toBe(5);
    expect(client.objects.size).toBe(0);
  });

  it("refuses with --if-absent, leaves alone with --skip-unchanged", async () => {
    const { directory, run } = setUp(["a.txt"]);
    await run(["a.txt", "b/p"]);
    expect((await run(["--if-absent", "a.txt", "b/p"])).exitCode).toBe(5);
    const skipped = await run(["--json", "--skip-unchanged", "a.txt", "b/p"]);
    expect(skipped.json().map(({ type, status }) => [type, status])).toEqual([
      ["put", "unchanged"],
      ["summary", undefined],
    ]);
    writeFileSync(join(directory, "a.txt"), "other");
    const stored = await run(["--json", "--skip-unchanged", "a.txt", "b/p"]);
    expect(stored.json()[0]).toMatchObject({ status: "stored", size: 5 });
  });

  it("says when blocks are owed, with status 3", async () => {
    const { client, run } = setUp(["a", "b"]);
    client.owed = [1, 4];
    const result = await run(["--allow-degraded", "--redundancy", "ec:4+2", "a", "b", "b/p"]);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('Stored "b/p/a" degraded: 2 blocks owed (1, 4)');
  });

  it("warns of the same thing once", async () => {
    const { client, run } = setUp(["a", "b", "c"]);
    client.warnings = ["nothing protects the data"];
    const result = await run(["a", "b", "c", "b/p"]);
    expect(result.stderr.match(/nothing protects/g)).toHaveLength(1);
  });
});

describe("how put works", () => {
  it("stores several objects at once, and no more than --parallel", async () => {
    const many = Array.from({ length: 40 }, (_, index) => `d/f${index}`);
    const { client, run } = setUp(many);
    client.before = () => new Promise((resolve) => setImmediate(resolve));
    expect((await run(["--parallel", "3", "d", "b/p"])).exitCode).toBe(0);
    expect(client.objects.size).toBe(40);
    expect(client.mostAtOnce).toBe(3);
  });

  it("goes on after objects that fail", async () => {
    const { client, run } = setUp(["d/1", "d/2", "d/3"]);
    client.before = (_, { path }) => {
      if (path === "d/2") throw new JcsError("Unreachable", 'Cannot put "b/p/d/2": space "x" is down');
    };
    const result = await run(["--json", "d", "b/p"]);
    expect(names(client)).toEqual(["b/p/d/1", "b/p/d/3"]);
    expect(result.exitCode).toBe(9);
    const summary = result.json().at(-1);
    expect(summary).toMatchObject({ type: "summary", stored: 2, failed: 1, exitCode: 9, failures: 1 });
    const errors = result.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string });
    expect(errors.map(({ kind }) => kind)).toEqual(["Unreachable", "SomeFailed"]);
  });

  it("tells of nothing stored only by its errors", async () => {
    const { client, run } = setUp(["d/1", "d/2"]);
    client.before = () => {
      throw new JcsError("Unreachable", 'Cannot put: space "x" is down');
    };
    expect((await run(["d/1", "b/p"])).stdout).toBe("");
    const both = await run(["d", "b/p"]);
    expect([both.stdout, both.exitCode]).toEqual(["", 9]);
    const json = (await run(["--json", "d", "b/p"])).json();
    expect(json).toMatchObject([{ type: "summary", stored: 0, failed: 2 }]);
  });

  it("stops at Ctrl-C", async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 50 }, (_, index) => `d/f${index}`);
    const { client, run } = setUp(many);
    client.before = () => {
      if (client.calls.length === 5) stop.abort();
    };
    const result = await run(["--parallel", "2", "d", "b/p"], { signal: stop.signal });
    expect(result.exitCode).toBe(130);
    expect(client.calls.length).toBeLessThan(10);
    expect(failed(result)).toEqual(["jcs: Stopped: interrupted"]);
  });

  it("is not stopped by, and does not hide, a defect", async () => {
    const { client, run } = setUp(["a"]);
    client.before = () => {
      throw new TypeError("a defect");
    };
    const result = await run(["a", "b/p"]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("a defect");
  });
});

describe("put --dry-run", () => {
  it("shows what would happen to each object, and does nothing", async () => {
    const { directory, client, run } = setUp(["d/new", "d/same", "d/changed"]);
    await run(["d/same", "b/p/d/same"]);
    writeFileSync(join(directory, "old"), "old");
    await run(["old", "b/p/d/changed"]);
    client.calls.length = 0;
    const before = new Map(client.objects);
    const result = await run(["--json", "--dry-run", "--skip-unchanged", "d", "b/p"]);
    const actions = new Map(result.json().map((line) => [line["path"], line["action"]]));
    expect(actions.get("d/new")).toBe("store");
    expect(actions.get("d/same")).toBe("skip");
    expect(actions.get("d/changed")).toBe("replace");
    expect(result.json().at(-1)).toMatchObject({ type: "summary", dryRun: true });
    expect(client.objects).toEqual(before);
    expect(client.calls.every((call) => call.startsWith("stat "))).toBe(true);
    const text = await run(["--dry-run", "--if-absent", "d/same", "b/p/d/same"]);
    expect(text.stdout).toContain('would refuse "b/p/d/same"');
    expect(text.exitCode).toBe(5);
  });
});

describe("put's output", () => {
  it("is one line for people, and one object per line for scripts", async () => {
    const { run } = setUp(["a.txt", "d/x", "d/y"]);
    expect((await run(["a.txt", "b/p"])).stdout).toBe("Stored b/p/a.txt (5B)\n");
    expect((await run(["d", "b/p"])).stdout).toBe("Stored 2 objects (6B)\n");
    expect((await run(["-q", "d", "b/p"])).stdout).toBe("");
    const [line] = (await run(["--json", "a.txt", "b/p"])).json();
    expect(line).toMatchObject({
      type: "put",
      status: "stored",
      bucket: "b",
      package: "p",
      path: "a.txt",
      size: 5,
      redundancy: "none",
      missingBlocks: [],
    });
    expect(line?.["hash"]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("explains itself", async () => {
    const help = (await setUp([]).run(["--help"])).stdout;
    expect(help).toContain("Examples:");
    expect(help).toContain("--skip-unchanged");
    expect(help).toContain("Exit status");
  });
});
