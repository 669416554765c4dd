import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import get from "../../commands/get.ts";
import { JcsError } from "../../core/errors.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();
const MODIFIED = new Date(1_600_000_000_000);

let client: FakeClient;
let directory: string;

beforeEach(() => {
  client = createFakeClient();
  directory = makeDirectory();
});

async function store(name: string, content = name, modifiedAt: Date | undefined = MODIFIED): Promise<void> {
  await storeObject(client, name, { content, ...(modifiedAt === undefined ? {} : { modifiedAt }) });
  client.calls.length = 0;
}

function run(argv: readonly string[], options: Partial<Parameters<typeof runCommand>[2]> = {}) {
  return runCommand(get, argv, { client, directory, ...options });
}

/** Every file below the directory, with its content. */
function files(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    found[file.slice(directory.length + 1)] = readFileSync(file, "utf8");
  }
  return found;
}

describe("where get writes", () => {
  beforeEach(async () => {
    for (const name of ["b/p/a.txt", "b/p/d/x", "b/p/d/e/y", "b/q/z"]) await store(name);
    mkdirSync(join(directory, "there"));
  });

  it.each([
    [["b/p/a.txt", "new"], ["new"]],
    [["b/p/a.txt", "."], ["a.txt"]],
    [["b/p/a.txt", "there"], ["there/a.txt"]],
    [["b/p/a.txt", "new/"], ["new/a.txt"]],
    [["b/p/a.txt", "new/deep"], ["new/deep"]],
    [["jcs://b/p/a.txt", "new"], ["new"]],
    [
      ["b/p/d/", "new"],
      ["new/e/y", "new/x"],
    ],
    [
      ["b/p/d", "new"],
      ["new/e/y", "new/x"],
    ],
    [
      ["b/p/d/", "there"],
      ["there/e/y", "there/x"],
    ],
    [
      ["b/p/d/", "there/"],
      ["there/d/e/y", "there/d/x"],
    ],
    [
      ["b/p/d", "."],
      ["d/e/y", "d/x"],
    ],
    [["b/q", "."], ["q/z"]],
    [["b/q/", "new"], ["new/z"]],
    [
      ["b/p/a.txt", "b/p/d/", "new"],
      ["new/a.txt", "new/d/e/y", "new/d/x"],
    ],
    [["b/p/*.txt", "new"], ["new/a.txt"]],
    [["b/p/d/*", "new"], ["new/x"]],
    [
      ["b/p/**", "new"],
      ["new/a.txt", "new/d/e/y", "new/d/x"],
    ],
    [["b/p/d/**/y", "new"], ["new/e/y"]],
    [
      ["b/p/{a.txt,d/x}", "new"],
      ["new/a.txt", "new/d/x"],
    ],
    [
      ["b/p/d*/", "new"],
      ["new/d/e/y", "new/d/x"],
    ],
    [
      ["b/*", "new/"],
      ["new/p/a.txt", "new/p/d/e/y", "new/p/d/x", "new/q/z"],
    ],
  ])("get %j", async (argv, expected) => {
    const result = await run(argv);
    expect(result.stderr).toBe("");
    expect(result.exitCode).toBe(0);
    expect(Object.keys(files()).sort()).toEqual(expected);
    // Every object holds its own name.
    for (const [file, content] of Object.entries(files())) {
      expect(client.objects.has(content), content).toBe(true);
      if (file.includes("/d/") || file.endsWith("/a.txt"))
        expect(content.split("/").at(-1)).toBe(file.split("/").at(-1));
    }
  });

  it("refuses two sources of the same name, of which one would pass for the other", async () => {
    await store("b/p/one/x", "same");
    await store("b/p/two/x", "size");
    const result = await run(["b/p/one/x", "b/p/two/x", "out/"]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('both are called "x"');
  });

  it("gives files the time of the object", async () => {
    await run(["b/p", "new"]);
    for (const file of ["a.txt", "d/x", "d/e/y"]) {
      expect(statSync(join(directory, "new", file)).mtimeMs).toBe(MODIFIED.getTime());
    }
  });

  it.each([
    [["b/p/none", "new"], 4, "no such object"],
    [["b/p/none/", "new"], 4, "no object has a path"],
    [["b/none", "new"], 4, "does not exist"],
    [["b/p/*.none", "new"], 4, 'matches "b/p/*.none"'],
    [["x*/p/a", "new"], 4, "matches"],
    [["b", "new"], 2, "name a package"],
    [["./x", "new"], 2, "it is a local path"],
    [["-", "new"], 2, 'Cannot use "-" here'],
    [["oss:x", "new"], 2, "files of a space"],
    [["b/p/[z-a]", "new"], 2, "runs backwards"],
    [["b/p/d/", "new", "--offset", "1"], 2, "several objects"],
    [["b/p/d/x", "b/p/a.txt", "new", "--length", "1"], 2, "several objects"],
    [["b/p/d/x", "new", "--length", "1x"], 2, "--length"],
    [["b/p/d/x", "new", "--length", "1", "--verify"], 2, "only a whole object"],
    [["b/p/d/x", "-", "--verify"], 2, "cannot be read back"],
    [["b/p/d/x", "new", "--overwrite", "sometimes"], 2, "never, newer, always"],
    [["b/p/d/x"], 2, "missing required argument"],
  ])("refuses %j", async (argv, exitCode, message) => {
    const result = await run(argv);
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
    expect(files()).toEqual({});
  });

  it("takes a name that exists for what it is, and not for a glob", async () => {
    await store("b/p/a[1]*.txt", "literal");
    await store("b/p/a1x.txt", "matched");
    expect((await run(["b/p/a[1]*.txt", "exact"])).exitCode).toBe(0);
    expect((await run(["b/p/a\\[1]\\*.txt", "escaped"])).exitCode).toBe(0);
    expect((await run(["b/p/a[1]?.txt", "glob"])).exitCode).toBe(0);
    expect(files()).toEqual({ exact: "literal", escaped: "literal", "glob/a1x.txt": "matched" });
  });

  it("keeps hostile names, and a path of 1,024 bytes", async () => {
    const name = "x".repeat(204);
    const hostile = [
      "-rf",
      " lead",
      "q\"uo'te",
      "new\nline",
      "😀/🎉",
      "back\\slash",
      `${name}/${name}/${name}/${name}/${name}`,
    ];
    for (const path of hostile) await store(`h/p/${path}`, path);
    expect((await run(["h/p", "new"])).exitCode).toBe(0);
    expect(files()).toEqual(Object.fromEntries(hostile.map((path) => [`new/${path}`, path])));
  });

  it("does not leave the target by a link below it, and writes the rest", async () => {
    const outside = makeDirectory();
    mkdirSync(join(directory, "new"));
    symlinkSync(outside, join(directory, "new/d"));
    const result = await run(["b/p", "new"]);
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toContain("symbolic link");
    expect(readdirSync(outside)).toEqual([]);
    expect(files()).toEqual({ "new/a.txt": "b/p/a.txt" });
  });

  it("reports an object whose name is a directory of another", async () => {
    await store("b/p/d");
    const result = await run(["b/p", "new"]);
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toMatch(/a file has that name|is a directory|exists already/);
  });

  it("follows a link that the user names, and writes into a pipe or device as it is", async () => {
    writeFileSync(join(directory, "real"), "old");
    symlinkSync("real", join(directory, "link"));
    expect((await run(["--overwrite", "always", "b/p/a.txt", "link"])).exitCode).toBe(0);
    expect(readFileSync(join(directory, "real"), "utf8")).toBe("b/p/a.txt");
    expect((await run(["b/p/a.txt", "/dev/null"])).exitCode).toBe(0);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(reader, "close");
    let read = "";
    reader.stdout.on("data", (chunk) => {
      read += String(chunk);
    });
    expect((await run(["b/p/a.txt", "pipe"])).exitCode).toBe(0);
    await closed;
    expect(read).toBe("b/p/a.txt");
  });
});

describe("get --overwrite", () => {
  const older = new Date(MODIFIED.getTime() - 10_000);
  const newer = new Date(MODIFIED.getTime() + 10_000);

  function local(content: string, time: Date): void {
    writeFileSync(join(directory, "x"), content);
    utimesSync(join(directory, "x"), time, time);
  }

  it.each([
    ["never", "old", older, 5, "old", undefined],
    ["never", "older", MODIFIED, 5, "older", undefined],
    ["never", "NEW", MODIFIED, 0, "NEW", "unchanged"],
    ["newer", "old!", older, 0, "new", "written"],
    ["newer", "old!", newer, 0, "old!", "kept"],
    ["newer", "NEW", MODIFIED, 0, "NEW", "unchanged"],
    ["newer", "old!", MODIFIED, 0, "old!", "kept"],
    ["always", "old", newer, 0, "new", "written"],
    ["always", "NEW", MODIFIED, 0, "new", "written"],
  ])("%s, over %j of %s", async (mode, content, time, exitCode, after, status) => {
    await store("b/p/x", "new");
    local(content, time);
    const result = await run(["--json", "--overwrite", mode, "b/p/x", "x"]);
    expect(result.exitCode).toBe(exitCode);
    expect(readFileSync(join(directory, "x"), "utf8")).toBe(after);
    if (status !== undefined) expect(result.json()[0]).toMatchObject({ type: "get", status });
  });

  it("is never unless given, and says how to replace", async () => {
    await store("b/p/x", "new");
    local("precious", newer);
    const result = await run(["b/p/x", "x"]);
    expect(result.exitCode).toBe(5);
    expect(result.stderr).toContain("Use --overwrite newer or --overwrite always");
    expect(files()).toEqual({ x: "precious" });
  });

  it("lets a second run of a tree fetch only what is missing", async () => {
    for (const name of ["b/p/1", "b/p/2", "b/p/3"]) await store(name);
    await run(["b/p", "new"]);
    await store("b/p/4", "four", undefined);
    client.calls.length = 0;
    const second = await run(["b/p", "new"]);
    expect(second.exitCode).toBe(0);
    expect(second.stdout).toBe("Fetched 1 object (4B), 3 unchanged\n");
    expect(client.calls).toEqual(["get b/p/4"]);
    expect((await run(["b/p", "new"])).stdout).toBe("Fetched 0 objects (0B), 4 unchanged\n");
  });

  it("does not replace a file that appears while it fetches", async () => {
    await store("b/p/x", "new");
    client.before = () => writeFileSync(join(directory, "x"), "other");
    expect((await run(["b/p/x", "x"])).exitCode).toBe(5);
    expect(files()).toEqual({ x: "other" });
  });

  it("never replaces a directory", async () => {
    await store("b/p/x");
    mkdirSync(join(directory, "d/x"), { recursive: true });
    const result = await run(["--overwrite", "always", "b/p/x", "d"]);
    expect(result.exitCode).toBe(5);
    expect(result.stderr).toContain("it is a directory");
  });
});

describe("get's progress", () => {
  it("knows how much there is, and counts what comes", async () => {
    await storeObject(client, "b/p/x", { content: "x".repeat(2500) });
    await storeObject(client, "b/p/y", { content: "y" });
    const totals: unknown[] = [];
    const states: string[] = [];
    let bytes = 0;
    const progress = {
      bytes: (count: number) => {
        bytes += count;
      },
      object: (name: string, state: string) => states.push(`${state} ${name}`),
      total: (total: unknown) => totals.push(total),
      end: () => states.push("end"),
    };
    await run(["b/p", "new"], { progress });
    expect(totals).toEqual([{ objects: 2, bytes: 2501 }]);
    expect(bytes).toBe(2501);
    expect(states.toSorted()).toEqual(["done b/p/x", "done b/p/y", "end", "started b/p/x", "started b/p/y"]);
    expect(states.at(-1)).toBe("end");
  });
});

describe("what get leaves behind", () => {
  beforeEach(() => store("b/p/x", "x".repeat(5000)));

  it("is nothing when the object turns out damaged: status 7", async () => {
    client.body = async function* (_, bytes) {
      yield bytes.slice(0, 3000);
      throw new JcsError("Corrupt", 'Cannot read "b/p/x": its SHA-256 is wrong');
    };
    expect((await run(["b/p/x", "new"])).exitCode).toBe(7);
    expect(readdirSync(directory)).toEqual([]);
    writeFileSync(join(directory, "old"), "old");
    expect((await run(["--overwrite", "always", "b/p/x", "old"])).exitCode).toBe(7);
    expect(files()).toEqual({ old: "old" });
  });

  it("is nothing after Ctrl-C: status 130", async () => {
    const stop = new AbortController();
    client.body = async function* (_, bytes) {
      yield bytes.slice(0, 3000);
      expect(readdirSync(directory)).toHaveLength(1);
      stop.abort();
      yield bytes.slice(3000);
    };
    const result = await run(["b/p/x", "new"], { signal: stop.signal });
    expect(result.exitCode).toBe(130);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is nothing when what is on the disk is not what was stored", async () => {
    client.body = async function* () {
      yield Buffer.from("y".repeat(5000));
    };
    const result = await run(["--verify", "b/p/x", "new"]);
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toContain("the disk gives back other bytes");
    expect(readdirSync(directory)).toEqual([]);
    client.body = undefined;
    expect((await run(["--verify", "b/p/x", "new"])).exitCode).toBe(0);
  });

  it("is every other object when one fails", async () => {
    await store("b/p/y");
    await store("b/p/z");
    client.before = (operation, { path }) => {
      if (operation === "get" && path === "y") throw new JcsError("TooFewBlocks", 'Cannot read "b/p/y"');
    };
    const result = await run(["--json", "b/p", "new"]);
    expect(result.exitCode).toBe(9);
    expect(Object.keys(files()).sort()).toEqual(["new/x", "new/z"]);
    expect(result.json().at(-1)).toMatchObject({ type: "summary", written: 2, failed: 1, bytes: 5005 });
  });
});

describe("get of a part, and to stdout", () => {
  beforeEach(() => store("b/p/x", "0123456789"));

  it("writes the range to a file, which does not pass for the whole", async () => {
    expect((await run(["--offset", "2", "--length", "3", "b/p/x", "part"])).exitCode).toBe(0);
    expect(files()).toEqual({ part: "234" });
    expect(statSync(join(directory, "part")).mtimeMs).not.toBe(MODIFIED.getTime());
    expect((await run(["--length", "10", "b/p/x", "part"])).exitCode).toBe(5);
  });

  it("writes bytes and nothing else to stdout, also with --json", async () => {
    await store("b/p/y", "abc");
    const result = await run(["--json", "--offset", "1", "b/p/x", "-"]);
    expect(result.bytes.toString()).toBe("123456789");
    expect(result.stdout).toBe("");
    const both = await run(["b/p", "-"]);
    expect(both.bytes.toString()).toBe("0123456789abc");
    expect(both.stdout).toBe("");
    expect(existsSync(join(directory, "-"))).toBe(false);
  });
});
