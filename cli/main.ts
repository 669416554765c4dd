import { isatty } from "node:tty";
import { CommanderError } from "@commander-js/extra-typings";
import { EXIT_CODES, JcsError, toJcsError } from "../core/errors.ts";
import { createEdge, type Host } from "./edge.ts";
import { addCommands, createProgram, readGlobals } from "./program.ts";
import { descriptorSink } from "./sink.ts";
import { isHelp, usageError } from "./usage_error.ts";

/** Runs one command line and resolves to the exit status. Touches nothing of the process but what `host` holds. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const program = createProgram(host);
  const { edge, finish } = createEdge(host, { globals: () => readGlobals(program) });
  try {
    await addCommands(program, { edge, argv });
    if (argv.length === 0) program.help({ error: true });
    await program.parseAsync([...argv], { from: "user" });
    return await finish();
  } catch (error) {
    if (isHelp(error)) return await finish();
    return await finish(error instanceof CommanderError ? usageError(error, program) : error);
  }
}

/** Aborts at the first signal, and ends the process at the second. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT_CODES.Cancelled);
      controller.abort(new JcsError("Cancelled", "Stopped: interrupted"));
    });
  }
  return controller.signal;
}

/** The bytes of stdin; ends with the reason of `signal` when that is aborted meanwhile. */
async function* readStdin(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of process.stdin) yield chunk as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
}

/** Ends the process over something that nothing was prepared for. */
function fail(error: unknown): never {
  const inner = toJcsError(error);
  try {
    process.stderr.write(`jcs: ${inner.message}\n${error instanceof Error ? `${error.stack}\n` : ""}`);
  } finally {
    process.exit(EXIT_CODES[inner.kind]);
  }
}

function main(): void {
  const signal = interruptible();
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // Nothing is left to wait for, and yet the command has not ended: that must not look like success.
  process.on("beforeExit", () =>
    fail(new JcsError("Unexpected", "Stopped before the end: nothing left to wait for")),
  );
  const host: Host = {
    stdin: { [Symbol.asyncIterator]: () => readStdin(signal) },
    stdinIsTerminal: isatty(0),
    stdout: descriptorSink(1),
    stderr: descriptorSink(2),
    environment: process.env,
    directory: process.cwd(),
    signal,
  };
  // Ended by hand: a connection or a timer left behind by a library must not keep the process.
  run(process.argv.slice(2), host).then((status) => process.exit(status), fail);
}

if (import.meta.main) main();
