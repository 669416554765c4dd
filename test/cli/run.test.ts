import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Host } from "../../cli/edge.ts";
import { run } from "../../cli/run.ts";
import { COMMANDS } from "../../commands/all.ts";
import { EXIT_CODES } from "../../core/errors.ts";
import { VERSION } from "../../core/version.ts";
import { memorySink } from "./memory_sink.ts";
import { cleanEnvironment, ROOT, spawnProgram } from "./spawn_program.ts";

/** Runs a command line in this process. */
async function jcs(argv: readonly string[], options: { readonly takes?: number } = {}) {
  const stdout = memorySink(options);
  const stderr = memorySink();
  const host: Host = {
    stdin: (async function* () {})(),
    stdinIsTerminal: false,
    stdout,
    stderr,
    environment: { HOME: "/nonexistent" },
    directory: "/",
    signal: new AbortController().signal,
  };
  return { status: await run(argv, host), stdout: stdout.text(), stderr: stderr.text() };
}

test("the program itself: version, help, a mistake", async () => {
  expect(await spawnProgram(["version"])).toMatchObject({
    status: 0,
    stdout: `jcs ${VERSION}\n`,
    stderr: "",
  });
  const help = await spawnProgram(["--help"]);
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("Usage: jcs <command>");
  expect(await spawnProgram(["nonsense"])).toMatchObject({ status: 2, stdout: "" });
});

test("help shows every exit status of the table", async () => {
  const { stdout } = await jcs(["--help"]);
  for (const [kind, code] of Object.entries(EXIT_CODES)) {
    const line = stdout.split("\n").find((text) => text.trim().startsWith(`${code} `)) ?? "";
    expect(line.toLowerCase()).toContain(kind.replace(/(?<=[a-z])[A-Z]/g, " $&").toLowerCase());
  }
});

test("no command shows help on stderr and is a mistake", async () => {
  const { status, stdout, stderr } = await jcs([]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("Usage: jcs <command>");
});

test("help of a command's own command is the same in each form", async () => {
  const { stdout } = await jcs(["space", "add", "--help"]);
  expect(stdout).toMatch(/^Usage: jcs space add /);
  expect(await jcs(["help", "space", "add"])).toEqual({ status: 0, stdout, stderr: "" });
  expect(await jcs(["space", "help", "add"])).toEqual({ status: 0, stdout, stderr: "" });
  expect((await jcs(["help", "nonsense", "add"])).stderr).toContain('no command "nonsense"');
});

test("help for what does not exist, and a command that needs another word, are mistakes", async () => {
  expect((await jcs(["help", "nonsense"])).stderr).toMatch(/jcs: Cannot show help: no command "nonsense"\n$/);
  const { status, stdout, stderr } = await jcs(["space"]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^Usage: jcs space(?:.|\n)*jcs: Cannot run: no command given\n$/);
});

test.each([
  [["versoin"], 'jcs: unknown command "versoin". Did you mean version? Run "jcs --help" for help\n'],
  [
    ["version", "--jsno"],
    'jcs: unknown option "--jsno". Did you mean --json? Run "jcs version --help" for help\n',
  ],
  [["version", "x"], /too many arguments.*Run "jcs version --help"/],
  [["completion"], /missing required argument "shell".*Run "jcs completion --help"/],
  [["--config"], /argument missing/],
  [["version", "--parallel", "0"], /Cannot use "0" for --parallel/],
])("%j is refused with a hint", async (argv, message) => {
  const { status, stdout, stderr } = await jcs(argv);
  expect([status, stdout]).toEqual([2, ""]);
  if (typeof message === "string") expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});

test("with --json a mistake is an object too, wherever --json stands", async () => {
  for (const argv of [
    ["--json", "nonsense"],
    ["nonsense", "--json"],
    ["version", "x", "--json"],
  ]) {
    const { status, stderr } = await jcs(argv);
    expect(status).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ type: "error", kind: "Usage", exitCode: 2 });
  }
});

test("global options count before and after the command, and joined to others", async () => {
  for (const argv of [
    ["--json", "version"],
    ["version", "--json"],
    ["-qv", "version", "--json"],
    ["version", "--json", "-vq"],
    ["version", "--parallel", "3", "--json"],
  ]) {
    const { status, stdout } = await jcs(argv);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: "version", version: VERSION });
  }
});

test("a reader that has ended ends the program quietly", async () => {
  for (const argv of [["version"], ["--help"], ["completion", "bash"]]) {
    expect(await jcs(argv, { takes: 0 })).toEqual({ status: 141, stdout: "", stderr: "" });
  }
});

test("a closed pipe ends the real program quietly", async () => {
  const child = spawn(process.execPath, [join(ROOT, "cli", "main.ts"), "--help"], {
    env: cleanEnvironment(),
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  expect(await once(child, "close")).toEqual([141, null]);
  expect(stderr).toBe("");
});

test("every entry of the list carries the name of its command, and no name stands twice", async () => {
  expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
  for (const { name, load } of COMMANDS) expect((await load()).default.name).toBe(name);
});

test("the sources run under Deno", async () => {
  const deno = join(ROOT, "node_modules", ".bin", "deno");
  const child = spawn(deno, ["task", "--quiet", "jcs", "version", "--json"], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), HOME: process.env["HOME"] ?? "" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [status] = await once(child, "close");
  expect([status, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ version: VERSION, runtime: expect.stringContaining("Deno") });
});

test("files of spaces are moved by the program itself, with its global options", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jcs-run-"));
  try {
    mkdirSync(join(folder, "space"));
    writeFileSync(join(folder, "file"), "content");
    const environment = { JCS_HOME: join(folder, "home"), JCS_SPACE_disk: `fs://${folder}/space` };
    const options = { environment, directory: folder };
    const put = await spawnProgram(["put", "--quiet", "--parallel", "2", "file", "disk:a/b"], options);
    expect(put).toMatchObject({ status: 0, stderr: "" });
    expect(await spawnProgram(["get", "disk:a/b", "back"], options)).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(join(folder, "back"), "utf8")).toBe("content");
    expect(await spawnProgram(["put", "--affinity", "x", "file", "disk:a/b"], options)).toMatchObject({
      status: 2,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a space is measured by the program itself, and left as it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jcs-run-"));
  try {
    mkdirSync(join(folder, "space"));
    const environment = { JCS_HOME: join(folder, "home"), JCS_SPACE_disk: `fs://${folder}/space` };
    const argv = ["bench", "store", "disk", "--size", "100KiB", "--files", "3", "--rounds", "1", "--json"];
    const { status, stdout } = await spawnProgram(argv, { environment, directory: folder });
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(lines.filter(({ type }) => type === "store")).toHaveLength(5);
    expect(readdirSync(join(folder, "space"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
