import type { Command as Commander } from "@commander-js/extra-typings";
import { createOutput } from "../../cli/output.ts";
import { createProgram, readGlobals } from "../../cli/program.ts";
import type { Command, Progress } from "../../commands/command.ts";
import type { Client } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";

/** What a run of a command gave. */
export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes of objects that went to stdout. */
  readonly bytes: Buffer;
  /** The lines of stdout as JSON, with `--json`. */
  json(): Record<string, unknown>[];
}

/** Runs one command as the program does, with a client and a directory of the test's. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  options: {
    readonly client: Client;
    readonly directory?: string;
    readonly stdin?: AsyncIterable<Uint8Array>;
    readonly signal?: AbortSignal;
    readonly onBytes?: (chunk: Uint8Array) => void;
    readonly progress?: Progress;
  },
): Promise<CommandRun> {
  let stdout = "";
  let stderr = "";
  const bytes: Uint8Array[] = [];
  const sinkOf = (write: (text: string) => void) => ({
    isTerminal: false,
    columns: () => 80,
    write,
    writeBytes: async () => {},
  });
  const out = sinkOf((text) => {
    stdout += text;
  });
  const err = sinkOf((text) => {
    stderr += text;
  });
  const program = createProgram({ stdout: out, stderr: err });
  const globals = () => readGlobals(program);
  const handle = createOutput({
    stdout: out,
    stderr: err,
    style: () => ({
      json: globals().json,
      quiet: globals().quiet,
      verbose: globals().verbose,
      color: false,
    }),
    progress: () => options.progress ?? SILENT,
    undrawn: (write) => write(),
    muted: () => false,
  });
  const edge = {
    global: globals,
    client: async () => options.client,
    output: handle.output,
    stdin: options.stdin ?? noInput(),
    stdout: async (chunk: Uint8Array) => {
      // What is written may be used again afterwards.
      bytes.push(Buffer.from(chunk));
      options.onBytes?.(chunk);
    },
    signal: options.signal ?? new AbortController().signal,
    environment: {},
    home: "/nonexistent",
    configFile: "/nonexistent/config.json",
    directory: options.directory ?? "/nonexistent",
    interactive: false,
    ask: async () => {
      throw new JcsError("Usage", "Cannot ask: nobody is there");
    },
  };
  command.define(program.command(command.name) as unknown as Commander, edge);
  let error: unknown;
  try {
    await program.parseAsync([command.name, ...argv], { from: "user" });
  } catch (thrown) {
    error = isHelp(thrown) ? undefined : usage(thrown);
  }
  const exitCode = handle.finish(error);
  return {
    exitCode,
    stdout,
    stderr,
    bytes: Buffer.concat(bytes),
    json: () =>
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const SILENT: Progress = { bytes() {}, object() {}, total() {}, end() {} };

async function* noInput(): AsyncGenerator<Uint8Array> {}

function isHelp(error: unknown): boolean {
  return hasCode(error) && error.code === "commander.helpDisplayed";
}

function usage(error: unknown): unknown {
  return hasCode(error) && error.code.startsWith("commander.") ? new JcsError("Usage", error.message) : error;
}

function hasCode(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
