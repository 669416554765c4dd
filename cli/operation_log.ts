import { resolve } from "node:path";
import type { GlobalOptions } from "../commands/command.ts";
import { formatByteSize } from "../core/bytes/byte_size.ts";
import { toTenths } from "../core/bytes/duration.ts";
import { type LineFile, openLineFile } from "../core/local/line_file.ts";
import { printable } from "../core/printable.ts";
import type { LogEntry } from "../core/store/layers/log.ts";
import { beginTrace } from "../core/store/layers/trace_span.ts";
import type { Traffic } from "../core/store/traffic.ts";

/** Where a run of the program writes down what its spaces do. */
export interface OperationLog {
  /** Absent when nobody wants to know. */
  readonly log?: Traffic["log"];
  /** Ends trace and log files; gives what the user should know about them. */
  end(exitStatus: number): Promise<readonly string[]>;
}

/** Opens what the command line and the environment ask for: lines on stderr with --verbose, lines of JSON in the file that JCS_LOG names, a trace
 *  in that of --trace or JCS_TRACE. Throws when a file cannot be opened. `write` shows a line to the user. */
export async function openOperationLog(
  globals: GlobalOptions,
  options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly directory: string;
    readonly command: string;
    /** When the command began, in ms since 1970. */
    readonly startedAtMs: number;
    readonly write: (text: string) => void;
  },
): Promise<OperationLog> {
  const { environment, directory, command, startedAtMs, write } = options;
  const openFile = async (name: string | undefined): Promise<LineFile | undefined> =>
    name ? await openLineFile(resolve(directory, name)) : undefined;
  const traceFile = await openFile(globals.trace ?? environment["JCS_TRACE"]);
  const logFile = await openFile(environment["JCS_LOG"]);
  const trace = beginTrace(startedAtMs);
  const tellers: ((entry: LogEntry) => void)[] = [];
  if (globals.verbose) tellers.push((entry) => write(`${globals.json ? logJson(entry) : logText(entry)}\n`));
  if (logFile) tellers.push((entry) => logFile.add(logJson(entry)));
  if (traceFile) tellers.push((entry) => traceFile.add(trace.operation(entry)));
  return {
    ...(tellers.length === 0
      ? {}
      : {
          log: {
            redactPaths: globals.redactPaths === true,
            write(entry) {
              for (const tell of tellers) tell(entry);
            },
          },
        }),
    async end(exitStatus) {
      traceFile?.add(trace.command({ name: command, exitStatus }));
      const notes: string[] = [];
      for (const file of [traceFile, logFile]) {
        const { error, lost } = (await file?.close()) ?? { lost: 0 };
        const missing = `${lost} lines of a trace or log are missing`;
        if (lost > 0)
          notes.push(
            error === undefined ? `${missing}: the disk was too slow` : `${missing}: ${error.message}`,
          );
        else if (error !== undefined) notes.push(error.message);
      }
      return notes;
    },
  };
}

function logText(entry: LogEntry): string {
  const { space, operation, path, attempt, milliseconds, bytes, error } = entry;
  const words = [
    space,
    operation,
    path === "" ? "/" : printable(path),
    ...(bytes === 0 ? [] : [formatByteSize(bytes)]),
    `${milliseconds.toFixed(1)} ms`,
    ...(attempt === 1 ? [] : [`try ${attempt}`]),
    ...(error === undefined ? [] : [error]),
  ];
  return words.join("  ");
}

function logJson({ startedAtMs, ...entry }: LogEntry): string {
  const milliseconds = toTenths(entry.milliseconds);
  return JSON.stringify({
    type: "operation",
    at: new Date(startedAtMs).toISOString(),
    ...entry,
    milliseconds,
  });
}
