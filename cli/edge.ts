import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Edge, GlobalOptions } from "../commands/command.ts";
import type { Client } from "../core/client.ts";
import { JcsError, toJcsError } from "../core/errors.ts";
import { openClient } from "./open_client.ts";
import type { OperationLog } from "./operation_log.ts";
import { createOutput, exitCodeOf } from "./output.ts";
import { createProgress, type ProgressMode } from "./progress.ts";
import { forgivingSink, READER_GONE_STATUS, ReaderGone, type Sink, watchedSink } from "./sink.ts";

/** The parts of a process that a run of the program uses. */
export interface Host {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

/** The edge of one run, and its end. */
export interface EdgeHandle {
  readonly edge: Edge;
  /** Closes the client, ends every display, writes the summary and the error; resolves to the exit status. */
  finish(error?: unknown): Promise<number>;
}

/** Makes what commands see of the process. `globals` is asked when a command runs: before, the options are not known. */
export function createEdge(
  host: Host,
  options: {
    readonly globals: () => GlobalOptions;
    /** The command that runs, as traces call it. */
    readonly command?: () => string;
  },
): EdgeHandle {
  const { environment } = host;
  const startedAtMs = performance.timeOrigin + performance.now();
  const home = resolve(
    host.directory,
    environment["JCS_HOME"] || join(environment["HOME"] || homedir(), ".jcs"),
  );
  const plain = isSet(environment["CI"]);
  let client: Promise<Client> | undefined;
  let operations: OperationLog | undefined;

  const readerGone = new AbortController();
  const signal = AbortSignal.any([host.signal, readerGone.signal]);
  const stdout = watchedSink(host.stdout, (error) => readerGone.abort(error));
  const stderr = forgivingSink(host.stderr);

  function progressMode(): ProgressMode {
    const { json, quiet, progress } = options.globals();
    if (json || quiet || !progress) return "none";
    return stderr.isTerminal && !plain && !environment["NO_COLOR"] ? "display" : "lines";
  }

  const progress = createProgress({
    stderr,
    mode: progressMode,
    loadView: async () => {
      const { openProgressView } = await import("./progress_view.tsx");
      return () => openProgressView(stderr);
    },
  });
  const handle = createOutput({
    stdout,
    stderr,
    style: () => {
      const { json, quiet, verbose } = options.globals();
      const color = stderr.isTerminal && stdout.isTerminal && !plain && !environment["NO_COLOR"];
      return { json, quiet, verbose, color };
    },
    progress: progress.start,
    undrawn: progress.undrawn,
    muted: () => readerGone.signal.aborted,
  });

  async function openLogged(): Promise<Client> {
    const { openOperationLog } = await import("./operation_log.ts");
    operations = await openOperationLog(options.globals(), {
      environment,
      directory: host.directory,
      command: options.command?.() ?? "jcs",
      startedAtMs,
      write: (text) => progress.undrawn(() => stderr.write(text)),
    });
    return await openClient(edge, operations.log);
  }

  const edge: Edge = {
    global: options.globals,
    client() {
      client ??= openLogged();
      return client;
    },
    output: handle.output,
    stdin: host.stdin,
    stdout: (chunk) => stdout.writeBytes(chunk),
    signal,
    environment,
    home,
    get configFile() {
      const { config } = options.globals();
      return config === undefined ? join(home, "config.json") : resolve(host.directory, config);
    },
    directory: host.directory,
    get interactive() {
      const { json, quiet } = options.globals();
      return host.stdinIsTerminal && stderr.isTerminal && !plain && !json && !quiet;
    },
    async ask(question) {
      const { ask } = await import("./ask.tsx");
      return ask(question, { stderr, signal });
    },
  };

  return {
    edge,
    async finish(error) {
      if (error instanceof ReaderGone) readerGone.abort(error);
      let last = host.signal.aborted ? new JcsError("Cancelled", "Stopped: interrupted") : error;
      try {
        const opened = await client;
        const rows = options.globals().verbose ? (opened?.metrics?.() ?? []) : [];
        await opened?.close();
        if (rows.length > 0) {
          const { metricsSummary } = await import("./metrics_summary.ts");
          const text = metricsSummary(rows, options.globals());
          progress.undrawn(() => stderr.write(text));
        }
      } catch (closing) {
        last ??= closing;
      }
      await progress.close();
      try {
        stdout.flush?.();
      } catch (writing) {
        last ??= writing;
      }
      let status: number;
      try {
        status = handle.finish(last);
        stdout.flush?.();
        if (readerGone.signal.aborted) status = READER_GONE_STATUS;
      } catch (writing) {
        if (writing instanceof ReaderGone) status = READER_GONE_STATUS;
        else {
          // The end of the output is missing; where that was not the first failure, the first was told.
          if (last === undefined) handle.output.failure(toJcsError(writing));
          status = exitCodeOf([toJcsError(last ?? writing)]);
        }
      }
      for (const message of (await operations?.end(status)) ?? []) {
        const line = options.globals().json
          ? JSON.stringify({ type: "warning", message })
          : `jcs: ${message}`;
        stderr.write(`${line}\n`);
      }
      return status;
    },
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
