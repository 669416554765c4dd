import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { run } from "../../cli/run.ts";
import { temporaryDirectories } from "../commands/temporary_directory.ts";
import { memorySink } from "./memory_sink.ts";

const MIB = 1024 * 1024;
/** Holds all day long: what holds at the end of a day holds until the first entry of the next. */
const SLOW = "03:00,8MiB 15:00,8MiB:8MiB";
/** What 4 MiB take at 8 MiB a second, after the 2 MiB that a bucket lets through at once. */
const SLOW_MS = 240;

const makeDirectory = temporaryDirectories();
let root: string;

beforeEach(async () => {
  root = makeDirectory();
  for (const name of ["home", "a", "b"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "file"), Buffer.alloc(4 * MIB, "0123456789"));
});

/** Runs a command line in this process. */
async function jcs(...argv: readonly string[]) {
  const [stdout, stderr] = [memorySink(), memorySink()];
  const startedMs = performance.now();
  const status = await run(argv, {
    stdin: (async function* () {})(),
    stdinIsTerminal: false,
    stdout,
    stderr,
    environment: { JCS_HOME: join(root, "home") },
    directory: root,
    signal: new AbortController().signal,
  });
  const tookMs = performance.now() - startedMs;
  return { status, stdout: stdout.text(), stderr: stderr.text(), tookMs };
}

async function addSpaces(options: { readonly a?: string; readonly b?: string } = {}) {
  for (const name of ["a", "b"] as const) {
    const connection = `fs://${join(root, name)}?sync=false${options[name] ?? ""}`;
    const added = await jcs("space", "add", name, connection, "--account", "work", "--location", name);
    expect(added.stderr).toBe("");
  }
}

test("--bandwidth, also as a timetable, slows whatever moves bytes", async () => {
  await addSpaces();
  const once = ["--redundancy", "none"];
  for (const argv of [
    ["put", ...once, "file", "k/p/file"],
    ["get", "k/p/file", "out"],
    ["cat", "k/p/file"],
    ["put", "file", "a:file"],
    ["cat", "a:file"],
    ["cp", "a:file", "b:file"],
  ]) {
    const { status, stderr, tookMs } = await jcs("--bandwidth", SLOW, ...argv);
    expect(status, stderr).toBe(0);
    expect(tookMs, argv.join(" ")).toBeGreaterThan(SLOW_MS);
  }
  expect(readFileSync(join(root, "b/file")).equals(readFileSync(join(root, "file")))).toBe(true);
  expect((await jcs("--bandwidth", "25:00,1MiB", "ls")).status).toBe(2);
});

test("the lowest limit of an account holds for all its spaces, also when the one that names it is not used", async () => {
  await addSpaces({ a: "&bandwidth=8MiB", b: "&bandwidth=1GiB" });
  const { status, stderr, tookMs } = await jcs("put", "file", "b:file");
  expect(status, stderr).toBe(0);
  expect(tookMs).toBeGreaterThan(SLOW_MS);
});
