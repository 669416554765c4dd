import type { Output, Progress } from "../commands/command.ts";
import { EXIT_CODES, type JcsError, toJcsError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { formatTable } from "./format_table.ts";
import type { Sink } from "./sink.ts";

/** What to do about an error that should not have been possible. */
export const REPORT_HINT =
  "This is a defect of jcs. Please report it, with what you ran, the output of the same command with --verbose, and jcs version --json.";

/** How output is to look, decided once by the edge. */
export interface OutputStyle {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Show where an error came from. */
  readonly verbose: boolean;
  readonly color: boolean;
}

/** What {@link createOutput} needs. */
export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Asked each time: the options are known only when the command line has been read. */
  readonly style: () => OutputStyle;
  readonly progress: (total: { readonly objects?: number; readonly bytes?: number }) => Progress;
  /** Runs `write` while nothing else is drawn on the terminal. */
  readonly undrawn: (write: () => void) => void;
  /** Whether nobody reads any more, so that what fails because of it is not worth a word. */
  readonly muted: () => boolean;
}

/** The output of one run of the program, and what it ends with. */
export interface OutputHandle {
  readonly output: Output;
  /** Writes the summary, then the error that ended the command, if any; returns the exit status. */
  finish(error?: unknown): number;
}

/** The one implementation of {@link Output}.
 *
 *  Text for people has its control characters escaped; `--json` has the exact values. Throws `ReaderGone` when the reader of stdout
 *  has ended. */
export function createOutput(options: OutputOptions): OutputHandle {
  const failures: JcsError[] = [];
  let summary: Parameters<Output["summary"]>[0] | undefined;

  function toStdout(text: string): void {
    if (options.muted()) return;
    options.undrawn(() => options.stdout.write(text));
  }

  function toStderr(text: string): void {
    if (options.muted()) return;
    options.undrawn(() => options.stderr.write(text));
  }

  function writeError(error: JcsError, label: string): void {
    const style = options.style();
    if (style.json) {
      toStderr(`${JSON.stringify(errorObject(error))}\n`);
      return;
    }
    const prefix = style.color ? `\u001b[31m${label}\u001b[0m` : label;
    toStderr(`${prefix} ${printable(error.message, { lines: true })}\n`);
    if (style.verbose) toStderr(`${printable(traceOf(error), { lines: true })}\n`);
  }

  return {
    output: {
      result(item) {
        toStdout(
          options.style().json
            ? `${JSON.stringify(item.json)}\n`
            : `${printable(item.text, { lines: true })}\n`,
        );
      },
      table(table) {
        const { json, color } = options.style();
        if (json) for (const row of table.rows) toStdout(`${JSON.stringify(row)}\n`);
        else {
          const columns = options.stdout.isTerminal ? options.stdout.columns() : undefined;
          toStdout(formatTable(table, { bold: color, columns }));
        }
      },
      note(message) {
        const { json, quiet } = options.style();
        if (!json && !quiet) toStderr(`${printable(message, { lines: true })}\n`);
      },
      warn(message) {
        const { json, color } = options.style();
        if (json) toStderr(`${JSON.stringify({ type: "warning", message })}\n`);
        else {
          const label = color ? "\u001b[33mjcs: warning:\u001b[0m" : "jcs: warning:";
          toStderr(`${label} ${printable(message, { lines: true })}\n`);
        }
      },
      failure(error) {
        const failure = toJcsError(error);
        failures.push(failure);
        writeError(failure, "jcs:");
      },
      summary(item) {
        summary = item;
      },
      progress: options.progress,
    },
    finish(error) {
      const last = error === undefined ? undefined : toJcsError(error);
      const exitCode = exitCodeOf(last === undefined ? failures : [...failures, last]);
      if (summary !== undefined) {
        const { json, quiet } = options.style();
        if (json) {
          const object = { type: "summary", ...summary.json, failures: failures.length, exitCode };
          toStdout(`${JSON.stringify(object)}\n`);
        } else if (summary.text !== undefined && !quiet) {
          toStdout(`${printable(summary.text, { lines: true })}\n`);
        }
      }
      if (last !== undefined) {
        writeError(last, "jcs:");
        if (last.kind === "Unexpected" && !options.style().json) toStderr(`${REPORT_HINT}\n`);
      } else if (failures.length > 1 && !options.style().json) {
        toStderr(`jcs: ${failures.length} failures, listed above\n`);
      }
      return exitCode;
    },
  };
}

/** The exit status after these errors: of the kind of the only one, or 9 after several. An interrupt counts more than anything, and
 *  several debts are still only debts. */
export function exitCodeOf(errors: readonly JcsError[]): number {
  const first = errors[0];
  if (first === undefined) return 0;
  if (errors.some((error) => error.kind === "Cancelled")) return EXIT_CODES.Cancelled;
  if (errors.length === 1 || errors.every((error) => error.kind === "Degraded"))
    return EXIT_CODES[first.kind];
  return EXIT_CODES.SomeFailed;
}

function errorObject(error: JcsError): Record<string, unknown> {
  return {
    type: "error",
    kind: error.kind,
    message: error.message,
    retry: error.retry,
    where: error.where,
    exitCode: EXIT_CODES[error.kind],
  };
}

function traceOf(error: JcsError): string {
  const lines = Object.entries(error.where).map(([key, value]) => `  ${key}: ${String(value)}`);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    lines.push(cause.stack ?? `${cause.name}: ${cause.message}`);
  }
  return lines.join("\n");
}
