import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { Command } from "../../commands/command.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import { type CommandRun, runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

/** A client with the spaces `disk` (a directory), `inner` (the directory `t` in it, when it is there) and `mem` (memory), new for every test. */
export interface NativeBench {
  readonly client: Client;
  /** A directory for everything; commands run in it. */
  readonly root: string;
  path(...names: string[]): string;
  run(command: Command, argv: readonly string[], options?: RunOptions): Promise<CommandRun>;
  /** Runs a command that has to succeed and to say nothing on stderr; gives its stdout. */
  ok(command: Command, ...argv: readonly string[]): Promise<string>;
  /** As `ok`, and gives the bytes of objects on stdout. */
  bytesOf(command: Command, ...argv: readonly string[]): Promise<string>;
  /** The content of a file on `disk`. */
  disk(path: string): string;
  /** Makes local files, by their paths from the root, and their directories. */
  files(contents: Readonly<Record<string, string>>): void;
}

/** What a run gets besides its arguments. */
export interface RunOptions {
  readonly stdin?: string;
  readonly client?: Client;
  readonly signal?: AbortSignal;
}

/** Sets up the bench before each test; to be called once, at the top of a test file. */
export function nativeBench(): NativeBench {
  const makeDirectory = temporaryDirectories();
  let root = "";
  let client: Client;

  beforeEach(async () => {
    root = makeDirectory();
    for (const name of ["home", "disk"]) mkdirSync(join(root, name));
    client = await openLocalClient({
      home: join(root, "home"),
      config: DEFAULT_CONFIG,
      environment: {
        JCS_SPACE_disk: `fs://${root}/disk?sync=false`,
        JCS_SPACE_inner: `fs://${root}/disk/t?sync=false`,
        JCS_SPACE_mem: `memory://mem-${Math.random()}`,
      },
      onWarning: () => {},
    });
  });
  afterEach(() => client.close());

  async function* input(text: string) {
    yield Buffer.from(text);
  }

  const bench: NativeBench = {
    get client() {
      return client;
    },
    get root() {
      return root;
    },
    path: (...names) => join(root, ...names),
    run: (command, argv, { stdin = "", ...options } = {}) =>
      runCommand(command, argv, { client, directory: root, stdin: input(stdin), ...options }),
    async ok(command, ...argv) {
      const result = await bench.run(command, argv);
      expect(result.stderr).toBe("");
      expect(result.exitCode).toBe(0);
      return result.stdout;
    },
    async bytesOf(command, ...argv) {
      const result = await bench.run(command, argv);
      expect(result).toMatchObject({ stderr: "", exitCode: 0 });
      return result.bytes.toString();
    },
    disk: (path) => readFileSync(join(root, "disk", path), "utf8"),
    files(contents) {
      for (const [path, content] of Object.entries(contents)) {
        mkdirSync(join(root, path, ".."), { recursive: true });
        writeFileSync(join(root, path), content);
      }
    },
  };
  return bench;
}
