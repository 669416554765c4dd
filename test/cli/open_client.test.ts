import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
  return await jcsIn({}, ...argv);
}

async function jcsIn(environment: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  const [stdout, stderr] = [memorySink(), memorySink()];
  const startedMs = performance.now();
  const status = await run(argv, {
    stdin: (async function* () {})(),
    stdinIsTerminal: false,
    stdout,
    stderr,
    environment: { JCS_HOME: join(root, "home"), ...environment },
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

/** The spans of a trace file. */
function spansIn(file: string) {
  const lines = readFileSync(join(root, file), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0]);
}

test("-v shows each operation, and how quick they were in the end", async () => {
  await addSpaces();
  const text = await jcs("-v", "put", "file", "a:private/file");
  expect(text.stderr).toMatch(/^a {2}write {2}private\/file {2}4MiB {2}\d+\.\d ms$/m);
  expect(text.stderr).toMatch(
    /^SPACE +OPERATION +COUNT +FAILED +RETRIED +BYTES +ANSWER P50 +ANSWER P95 +LONGEST$/m,
  );
  const json = await jcs("--json", "-v", "--redact-paths", "stat", "a:private/none");
  const lines = json.stderr.trimEnd().split("\n");
  const entries = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  expect(entries).toContainEqual(
    expect.objectContaining({
      type: "operation",
      space: "a",
      operation: "stat",
      error: "NotFound",
      attempt: 1,
    }),
  );
  expect(entries.filter(({ path }) => path?.includes("private"))).toEqual([]);
  expect(entries.find(({ type }) => type === "metrics")).toMatchObject({ space: "a", retried: 0 });
  expect((await jcs("cat", "a:private/file")).stderr).toBe("");
});

test("--trace and JCS_LOG write down what a run did, and no secret", async () => {
  await addSpaces();
  const environment = { JCS_LOG: "log", JCS_SPACE_mem: "memory://traced" };
  await jcsIn(
    environment,
    "--trace",
    "trace",
    "put",
    "--redundancy",
    "none",
    "--spaces",
    "mem",
    "file",
    "k/p/f",
  );
  await jcsIn({ JCS_TRACE: "trace", ...environment }, "--redact-paths", "stat", "mem:private/none");
  const spans = spansIn("trace");
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(roots.map(({ name }) => name)).toEqual(["jcs put", "jcs stat"]);
  const [put, stat] = roots;
  const below = (root: { spanId: string }) =>
    spans.filter(({ parentSpanId }) => parentSpanId === root.spanId).map(({ name }) => name);
  expect(below(put)).toContain("write mem");
  expect(below(stat)).toContain("stat mem");
  const text = readFileSync(join(root, "trace"), "utf8") + readFileSync(join(root, "log"), "utf8");
  expect(text).not.toContain("private");
  expect(text).not.toContain("memory://");
  const log = readFileSync(join(root, "log"), "utf8").trimEnd().split("\n");
  expect(log.map((line) => JSON.parse(line).operation)).toEqual(expect.arrayContaining(["write", "stat"]));
});

test("a trace that cannot be written ends a command before it does anything", async () => {
  await addSpaces();
  const { status, stderr } = await jcs("--trace", "none/trace", "put", "file", "a:file");
  expect(status).toBe(4);
  expect(stderr).toContain('none/trace"');
  expect(existsSync(join(root, "a/file"))).toBe(false);
});
