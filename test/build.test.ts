import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildExecutable, findWorkers } from "../build.ts";
import { VERSION } from "../core/version.ts";
import { onTerminal } from "./cli/on_terminal.ts";
import { ROOT } from "./cli/spawn_program.ts";

/** Longest that `jcs version` may take to start, in the best of a few runs: this machine may be busy with something else. */
const START_MS_MAX = 60;

let directory = "";
let jcs = "";

/** Runs a program in an empty folder with an empty environment. */
function alone(program: string, argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(program, argv, {
    cwd: join(directory, "empty"),
    env: environment,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jcs-build-"));
  mkdirSync(join(directory, "empty"));
  const built = await buildExecutable({ main: "cli/main.ts", outfile: join(directory, "built") });
  // Alone and under another name: nothing beside it may be needed.
  jcs = join(directory, "jcs");
  copyFileSync(built, jcs);
  rmSync(built);
});
afterAll(() => rmSync(directory, { recursive: true }));

test("the executable knows its version and its commit", () => {
  const { status, stdout, stderr } = alone(jcs, ["version", "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  const commit = spawnSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" }).stdout.trim();
  expect(JSON.parse(stdout)).toMatchObject({ version: VERSION, ...(commit === "" ? {} : { commit }) });
});

test("it starts quickly", () => {
  const times = Array.from({ length: 20 }, () => {
    const startedMs = performance.now();
    execFileSync(jcs, ["version"], { env: {} });
    return performance.now() - startedMs;
  });
  expect(Math.min(...times)).toBeLessThan(START_MS_MAX);
});

test("the parts that are loaded late are in it: certificates, configuration, completion", () => {
  const home = join(directory, "home");
  const { status, stderr } = alone(jcs, ["init", "--yes", "--quiet"], { JCS_HOME: home });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readdirSync(home)).toHaveLength(7);
  expect(alone(jcs, ["completion", "zsh"]).stdout).toContain("#compdef jcs");
});

test("the terminal's part is in it too", async () => {
  const { saw, type, status } = onTerminal(["init"], { JCS_HOME: join(directory, "asked") }, jcs);
  await saw("Folder to write to:");
  type("\u0003");
  expect(await status).toBe(130);
});

test("what lies in the folder where it runs changes nothing", () => {
  const home = join(directory, "elsewhere");
  writeFileSync(join(directory, "empty", ".env"), `JCS_HOME=${home}\n`);
  writeFileSync(join(directory, "empty", "bunfig.toml"), 'preload = ["./evil.ts"]\n');
  writeFileSync(join(directory, "empty", "evil.ts"), "process.exit(77)\n");
  const { status, stdout } = alone(jcs, ["init", "--yes"], { HOME: directory });
  expect(status).toBe(0);
  expect(stdout).not.toContain(home);
});

test("every worker starts in the executable, and computes what the main thread does", async () => {
  const names = findWorkers().map((file) => basename(file));
  expect(names.length).toBeGreaterThan(0);
  const fixture = await buildExecutable({
    main: "test/build_fixture.ts",
    outfile: join(directory, "fixture"),
  });
  const { status, stdout } = alone(fixture, names);
  expect(stdout).toBe(`${names.map((name) => `${name} answered\n`).join("")}kernels agree\nworkers code\n`);
  expect(status).toBe(0);
});
