import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { EXIT_CODES, JcsError, toJcsError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { Host } from "./edge.ts";
import { gatheredSink, sinkAfter } from "./gathered_sink.ts";
import { guardMemory } from "./guard_memory.ts";
import { REPORT_HINT } from "./output.ts";
import { descriptorSink } from "./sink.ts";

/** A signal this soon after the first one is the same wish: timeout(1) signals the process and then its group, and a hang-up comes with more. */
const ECHO_MS = 300;

/** Runs `run` with this process as its host, and ends the process with the status it resolves to.
 *
 *  The first SIGINT, SIGTERM or SIGHUP aborts the host's signal, a later one ends at once. What nothing was prepared for ends the process with the
 *  status of its kind, and so does a run that waits for nothing that could ever come. */
export function runProcess(run: (host: Host) => Promise<number>): void {
  const signal = interruptible();
  guardMemory();
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // Nothing is left to wait for, and yet the command has not ended: that must not look like success.
  process.on("beforeExit", () =>
    fail(new JcsError("Unexpected", "Stopped before the end: nothing left to wait for")),
  );
  const stdout = gatheredSink(descriptorSink(1));
  // For ends that nobody has prepared: otherwise the run has done it.
  process.on("exit", () => stdout.flushQuietly());
  const host: Host = {
    stdin: { [Symbol.asyncIterator]: () => readStdin(signal) },
    stdinIsTerminal: isatty(0),
    stdout,
    stderr: sinkAfter(stdout, descriptorSink(2)),
    environment: process.env,
    directory: process.cwd(),
    signal,
  };
  // Ended by hand: a connection or a timer left behind by a library must not keep the process.
  run(host).then((status) => process.exit(status), fail);
}

/** Aborts at the first signal, and ends the process at a later one. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  let heardAtMs = 0;
  const names: readonly NodeJS.Signals[] = [
    "SIGINT",
    "SIGTERM",
    ...(isHangUpIgnored() ? [] : ["SIGHUP" as const]),
  ];
  for (const name of names) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        heardAtMs = performance.now();
        controller.abort(new JcsError("Cancelled", "Stopped: interrupted"));
      } else if (performance.now() - heardAtMs >= ECHO_MS) process.exit(EXIT_CODES.Cancelled);
    });
  }
  return controller.signal;
}

/** Whether a hang-up is to be survived, as under nohup: listening to it would undo that. Where it cannot be known, it is left as it was. */
function isHangUpIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask === undefined || (BigInt(`0x${mask}`) & 1n) !== 0n;
  } catch {
    return true;
  }
}

/** The bytes of stdin; ends with the reason of `signal` when that is aborted meanwhile. */
async function* readStdin(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
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
    const trace = error instanceof Error ? `${error.stack}\n` : "";
    process.stderr.write(`jcs: ${printable(`${inner.message}\n${trace}`, { lines: true })}${REPORT_HINT}\n`);
  } finally {
    process.exit(EXIT_CODES[inner.kind]);
  }
}
