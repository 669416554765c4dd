import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import cat from "../../commands/cat.ts";
import type { Command } from "../../commands/command.ts";
import cp from "../../commands/cp.ts";
import get from "../../commands/get.ts";
import ls from "../../commands/ls.ts";
import mv from "../../commands/mv.ts";
import packageCommand from "../../commands/package.ts";
import plan from "../../commands/plan.ts";
import put from "../../commands/put.ts";
import redundancy from "../../commands/redundancy.ts";
import rm from "../../commands/rm.ts";
import space from "../../commands/space.ts";
import stat from "../../commands/stat.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import { runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();
const HOSTILE = [
  "-rf",
  " lead",
  "q\"uo'te",
  "new\nline",
  "😀/🎉",
  "*?[a]{b,c}",
  "back\\slash",
  ".hidden",
  "a:b",
];

let root: string;
let client: Client;

function run(
  command: Command,
  argv: readonly string[],
  options: Partial<Parameters<typeof runCommand>[2]> = {},
) {
  return runCommand(command, argv, { client, directory: root, ...options });
}

async function expectOk(command: Command, ...argv: readonly string[]): Promise<string> {
  const result = await run(command, argv);
  expect(result.stderr).toBe("");
  expect(result.exitCode).toBe(0);
  return result.stdout;
}

/** Every file below a directory of the test, by its path. */
function files(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(root, directory), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[file.slice(join(root, directory).length + 1)] = readFileSync(file, "latin1");
  }
  return found;
}

beforeEach(async () => {
  root = makeDirectory();
  mkdirSync(join(root, "home"));
  client = await openLocalClient({
    home: join(root, "home"),
    config: DEFAULT_CONFIG,
    environment: {},
    onWarning: () => {},
  });
  for (const name of ["s1", "s2", "s3"]) {
    mkdirSync(join(root, name));
    await expectOk(space, "add", name, `fs://${join(root, name)}`, "--location", name);
  }
  mkdirSync(join(root, "tree/deep/er"), { recursive: true });
  mkdirSync(join(root, "tree/😀"));
  for (const name of HOSTILE) writeFileSync(join(root, "tree", name), name);
  writeFileSync(join(root, "tree/deep/er/empty"), "");
  writeFileSync(join(root, "tree/deep/large"), Buffer.alloc(5_000_001, "0123456789abcdef"));
});

afterEach(() => client.close());

describe("the commands on a store of three directories", () => {
  it("measure a space, show what was found, and leave nothing behind", async () => {
    const findings = (await expectOk(space, "probe", "s1")).trim().split("\n");
    expect(findings.find((line) => line.startsWith("atomic overwrite"))).toMatch(
      / yes .* 0 mixed, 0 missing/,
    );
    const shown = await expectOk(space, "show", "s1");
    expect(shown).toMatch(/Probed: +20/);
    for (const line of findings.slice(0, -1)) expect(shown).toContain(`  ${line}`);
    expect(readdirSync(join(root, "s1/jcs"))).toEqual([]);
  });

  it("give a tree back as it was, whatever the names, also with one space gone", async () => {
    await expectOk(put, "--redundancy", "ec:2+1", "tree", "b/p");
    await expectOk(get, "b/p/tree", "one");
    expect(files("one")).toEqual(files("tree"));
    rmSync(join(root, "s2"), { recursive: true });
    const result = await run(get, ["--quiet", "--verify", "b/p/tree", "two"]);
    expect(result.exitCode).toBe(0);
    expect(files("two")).toEqual(files("tree"));
  });

  it("take a second run for done, in both directions", async () => {
    await expectOk(put, "tree", "b/p");
    const again = await run(put, ["--json", "--skip-unchanged", "tree", "b/p"]);
    expect(again.json().at(-1)).toMatchObject({ stored: 0, unchanged: HOSTILE.length + 2 });
    await expectOk(get, "b/p/tree", "one");
    const second = await run(get, ["--json", "b/p/tree", "one"]);
    expect(second.json().at(-1)).toMatchObject({ written: 0, unchanged: HOSTILE.length + 2 });
  });

  it("leave nothing when too many spaces are gone: status 7", async () => {
    await expectOk(put, "--redundancy", "ec:2+1", "tree/deep/large", "b/p");
    for (const name of ["s1", "s3"]) renameSync(join(root, name), join(root, `${name}-gone`));
    mkdirSync(join(root, "out"));
    expect((await run(get, ["b/p/large", "out"])).exitCode).toBe(7);
    expect(files("out")).toEqual({});
    expect((await run(cat, ["b/p/large"])).exitCode).toBe(7);
    for (const name of ["s1", "s3"]) renameSync(join(root, `${name}-gone`), join(root, name));
    await expectOk(get, "b/p/large", "out");
  });

  it("leave neither object nor file when they are interrupted: status 130", async () => {
    const stopPut = new AbortController();
    async function* endless() {
      for (let count = 0; ; count++) {
        if (count === 5) stopPut.abort();
        yield new Uint8Array(1 << 20);
      }
    }
    const stored = await run(put, ["-", "b/p/x"], { stdin: endless(), signal: stopPut.signal });
    expect(stored.exitCode).toBe(130);
    expect((await run(stat, ["b/p/x"])).exitCode).toBe(4);

    await expectOk(put, "tree/deep/large", "b/p");
    const stopGet = new AbortController();
    const progress = { bytes: () => stopGet.abort(), object() {}, total() {}, end() {} };
    mkdirSync(join(root, "out"));
    const fetched = await run(get, ["b/p/large", "out"], { signal: stopGet.signal, progress });
    expect(fetched.exitCode).toBe(130);
    expect(readdirSync(join(root, "out"))).toEqual([]);
  });

  it("do not store a file that changes while it is read: status 5", async () => {
    let changed = false;
    const progress = {
      bytes() {
        if (!changed) appendFileSync(join(root, "tree/deep/large"), "more");
        changed = true;
      },
      object() {},
      total() {},
      end() {},
    };
    const result = await run(put, ["tree/deep/large", "b/p"], { progress });
    expect(result.stderr).toContain("changed while it was read");
    expect(result.exitCode).toBe(5);
    expect((await run(ls, ["b/p/large"])).exitCode).toBe(4);
  });

  it("list, show, copy, move, clone and remove", async () => {
    async function* stdin() {
      yield Buffer.from("from a pipe");
    }
    expect((await run(put, ["--metadata", "k=v", "-", "b/p/in/pipe"], { stdin: stdin() })).exitCode).toBe(0);
    await expectOk(put, "tree/.", "b/p");
    expect(await expectOk(ls, "b/p/deep/")).toBe("b/p/deep/er/\nb/p/deep/large\n");
    expect(await expectOk(ls, "b/p/**/e*")).toBe("b/p/deep/er/empty\n");
    expect(await expectOk(stat, "b/p/in/pipe")).toContain("Metadata:   k=v");
    expect(await expectOk(ls, "b/p/*?[a]{b,c}")).toBe("b/p/*?[a]{b,c}\n");
    await expectOk(cp, "b/p/in/pipe", "b/p/in/copy");
    await expectOk(mv, "b/p/in/", "b/p/moved");
    await expectOk(packageCommand, "clone", "b/p", "b/q");
    expect((await run(cat, ["b/q/moved/*"])).bytes.toString()).toBe("from a pipefrom a pipe");
    expect((await run(cat, ["--offset", "5", "--length", "1", "b/q/moved/pipe"])).bytes.toString()).toBe("a");
    expect(await expectOk(redundancy, "show", "b/p/deep/large")).toContain("May be lost: any 1 of");
    expect(await expectOk(plan, "get", "--without", "s1", "b/p/deep/large")).toContain(
      "nothing was transferred",
    );
    expect(await expectOk(plan, "put", "--dot", "tree/deep/large", "b/p/new")).toMatch(/^digraph/);
    await expectOk(rm, "-r", "b/p/");
    expect(await expectOk(ls, "-r", "b/p")).toBe("");
    await expectOk(get, "b/q/deep", "out");
    expect(Object.keys(files("out"))).toEqual(["large", "er/empty"]);
  });

  it("know their exit statuses", async () => {
    expect((await run(put, ["--redundancy", "none", "--spaces", "s1", "tree/-rf", "b/p"])).exitCode).toBe(0);
    expect((await run(put, ["--if-absent", "tree/-rf", "b/p"])).exitCode).toBe(5);
    expect((await run(get, ["b/p/none", "x"])).exitCode).toBe(4);
    expect((await run(put, ["--redundancy", "ec:4+2", "tree/-rf", "b/p"])).exitCode).toBe(2);
    expect((await run(ls, ["b/none"])).exitCode).toBe(4);
    expect((await run(packageCommand, ["ls", "none"])).exitCode).toBe(4);
    expect((await run(space, ["rm", "s1"])).exitCode).toBe(5);
    expect((await run(space, ["test"])).exitCode).toBe(0);
  });
});

it("a space that is forgotten leaves nothing of its read cache, and others keep theirs", async () => {
  for (const name of ["c1", "c2"]) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, "file"), Buffer.alloc(100_000, name));
    const cached = `cache=16MiB&cache_directory=${join(root, "caches")}`;
    await expectOk(space, "add", name, `fs://${join(root, name)}?${name === "c1" ? cached : "cache=16MiB"}`);
    // What is as young may change while it is read, and is not kept.
    utimesSync(join(root, name, "file"), new Date(0), new Date(0));
    await expectOk(cat, `${name}:file`);
  }
  const kept = () => [...Object.keys(files("caches")), ...Object.keys(files("home/cache"))];
  expect(kept()).toHaveLength(2);
  await expectOk(space, "rm", "c1");
  expect(readdirSync(join(root, "caches"))).toEqual([]);
  expect(kept()).toHaveLength(1);
  await expectOk(space, "rm", "c2");
  expect(readdirSync(join(root, "home/cache"))).toEqual([]);
});
