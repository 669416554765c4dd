import { type ChildProcess, spawn } from "node:child_process";
import { createCipheriv, createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { cleanEnvironment } from "../cli/spawn_program.ts";
import { executable, type Program } from "./program.ts";

const RUN_TIMEOUT_MS = 90_000;

/** How a run of jcs ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** The lines that are JSON objects, as all of `--json` are; those of stderr after those of stdout. */
  readonly lines: readonly Record<string, unknown>[];
}

/** A run of jcs under way. */
export interface Running {
  readonly child: ChildProcess & { readonly pid: number };
  readonly ended: Promise<Ended>;
}

/** What a run gets besides its arguments. */
export interface RunOptions {
  readonly input?: Uint8Array | string;
  /** Stdin stays open; the caller writes to it. */
  readonly holdInput?: boolean;
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly program?: Program;
}

/** A home, a folder for everything else, and jcs in it. */
export interface Rig {
  /** Where everything of the test lies; also the working directory of every run. */
  readonly folder: string;
  readonly home: string;
  /** Absolute path of something in the folder. */
  path(...names: string[]): string;
  /** Runs jcs to its end. */
  run(argv: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs jcs, which has to succeed with status 0. */
  jcs(...argv: string[]): Promise<Ended>;
  start(argv: readonly string[], options?: RunOptions): Running;
  /** Adds one space on a new directory of this name. */
  addDisk(name: string): Promise<string>;
  addDisks(count: number): Promise<readonly string[]>;
  /** Removes the folder with everything in it. */
  remove(): void;
}

/** Makes a rig; the caller removes it. With `program` jcs runs that way, otherwise compiled. */
export async function createRig(options: { readonly program?: Program } = {}): Promise<Rig> {
  const program = options.program ?? (await executable());
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "jcs-e2e-")));
  const home = join(folder, "home");

  function start(argv: readonly string[], run: RunOptions = {}): Running {
    const [file, ...words] = run.program ?? program;
    const child = spawn(file, [...words, ...argv], {
      cwd: run.directory ?? folder,
      env: cleanEnvironment({ JCS_HOME: home, DENO_DIR: join(folder, "deno"), ...run.environment }),
      timeout: RUN_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    child.stdin.on("error", () => {});
    if (run.holdInput) child.stdin.write(run.input ?? "");
    else child.stdin.end(run.input ?? "");
    if (child.pid === undefined) throw new Error(`Cannot run "${file}": it has no process`);
    return { child: Object.assign(child, { pid: child.pid }), ended: collect(child) };
  }

  const rig: Rig = {
    folder,
    home,
    path: (...names) => join(folder, ...names),
    start,
    run: (argv, run) => start(argv, run).ended,
    async jcs(...argv) {
      const ended = await rig.run(argv);
      if (ended.status !== 0)
        throw new Error(`jcs ${argv.join(" ")} ended with ${ended.status}: ${ended.stderr}`);
      return ended;
    },
    async addDisk(name) {
      mkdirSync(join(folder, name));
      await rig.jcs("space", "add", name, `fs://${join(folder, name)}`);
      return join(folder, name);
    },
    async addDisks(count) {
      const names = Array.from({ length: count }, (_, index) => `disk${index}`);
      for (const name of names) await rig.addDisk(name);
      return names;
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
  return rig;
}

function collect(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const out = Buffer.concat(stdout);
      const error = Buffer.concat(stderr).toString("utf8");
      resolve({ status, stdout: out, stderr: error, lines: jsonLines(out, error) });
    });
  });
}

function jsonLines(stdout: Buffer, stderr: string): readonly Record<string, unknown>[] {
  // What begins otherwise are the bytes of an object, and they may be many.
  const text = stdout[0] === "{".charCodeAt(0) ? stdout.toString("utf8") : "";
  return `${text}${stderr}`
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** `count` bytes that look random and are the same for the same seed. */
export function sampleBytes(count: number, seed: number | string = 0): Buffer {
  const key = createHash("sha256").update(String(seed)).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(count));
}

/** Every file below `root`, by its path there, in order. A file may come and go meanwhile. */
export function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** SHA-256 of every file below `root`, by its path there. */
export function fingerprint(root: string): Readonly<Record<string, string>> {
  const digest = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(root, file)))
      .digest("hex");
  return Object.fromEntries(filesBelow(root).map((file) => [file, digest(file)]));
}

/** Waits until `condition` gives something, and returns that; fails after a while. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Cannot wait any longer for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Where the blocks of an object lie, in order of their indexes. */
export async function blocksOf(
  rig: Rig,
  address: string,
): Promise<readonly { readonly index: number; readonly space: string; readonly path: string }[]> {
  const { lines } = await rig.jcs("stat", "--json", address);
  const { blocks } = lines[0] as { blocks: { index: number; space: string; path: string }[] };
  return blocks.toSorted((a, b) => a.index - b.index);
}

/** The files of the blocks of an object whose spaces are the rig's disks, in order of their indexes. */
export async function blockFiles(rig: Rig, address: string): Promise<readonly string[]> {
  return (await blocksOf(rig, address)).map(({ space, path }) => rig.path(space, path));
}

/** Expects that `get` writes exactly `bytes` and exits with 0; returns what it said on stderr. */
export async function expectGet(rig: Rig, address: string, bytes: Uint8Array): Promise<string> {
  const target = rig.path("got", "it");
  const ended = await rig.run(["get", address, target]);
  expect(ended, ended.stderr).toMatchObject({ status: 0 });
  expect(Buffer.compare(readFileSync(target), bytes)).toBe(0);
  rmSync(dirname(target), { recursive: true });
  return ended.stderr;
}

/** Expects that `get` fails with `status` and leaves nothing at the target or beside it; returns what it said on stderr. */
export async function expectNoGet(rig: Rig, address: string, status: number): Promise<string> {
  const directory = rig.path("not-got");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const ended = await rig.run(["get", address, join(directory, "it")]);
  expect(ended, ended.stderr).toMatchObject({ status });
  expect(readdirSync(directory)).toEqual([]);
  return ended.stderr;
}
