import { randomBytes } from "node:crypto";
import { VERSION } from "../../version.ts";
import type { LogEntry } from "./log.ts";

/** Kinds and states of spans, as OTLP numbers them. */
const INTERNAL = 1;
const CLIENT = 3;
const FAILED = 2;

/** The spans of one command: one for itself, one below it for each try of each operation. */
export interface Trace {
  /** The span of a try. */
  operation(entry: LogEntry): string;
  /** The span of the command, when it has ended. */
  command(end: { readonly name: string; readonly exitStatus: number }): string;
}

/** Begins a trace. Its spans are lines of JSON in the form of OpenTelemetry's files (OTLP/JSON, one TracesData a line): what imports OTLP reads
 *  them. They hold names of spaces, paths as the entries have them, times, bytes and kinds of errors, and nothing of the command line. */
export function beginTrace(startedAtMs: number): Trace {
  const traceId = randomBytes(16).toString("hex");
  const rootId = randomBytes(8).toString("hex");
  return {
    operation(entry) {
      const { space, operation, path, attempt, bytes, error, startedAtMs: from, milliseconds } = entry;
      return spanLine({
        traceId,
        spanId: randomBytes(8).toString("hex"),
        parentSpanId: rootId,
        name: `${operation} ${space}`,
        kind: CLIENT,
        ...period(from, from + milliseconds),
        attributes: [
          text("jcs.space", space),
          text("jcs.operation", operation),
          text("jcs.path", path),
          count("jcs.attempt", attempt),
          count("jcs.bytes", bytes),
          ...(error === undefined ? [] : [text("error.type", error)]),
        ],
        ...(error === undefined ? {} : { status: { code: FAILED, message: error } }),
      });
    },
    command: ({ name, exitStatus }) =>
      spanLine({
        traceId,
        spanId: rootId,
        name,
        kind: INTERNAL,
        ...period(startedAtMs, performance.timeOrigin + performance.now()),
        attributes: [count("process.exit.code", exitStatus)],
        ...(exitStatus === 0 ? {} : { status: { code: FAILED } }),
      }),
  };
}

function spanLine(span: Readonly<Record<string, unknown>>): string {
  const resource = { attributes: [text("service.name", "jcs"), text("service.version", VERSION)] };
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "jcs" }, spans: [span] }] }],
  });
}

function period(startedAtMs: number, endedAtMs: number) {
  return { startTimeUnixNano: nanoseconds(startedAtMs), endTimeUnixNano: nanoseconds(endedAtMs) };
}

/** As text: it has more digits than a number of JSON keeps. */
function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}

function text(key: string, value: string) {
  return { key, value: { stringValue: value } };
}

function count(key: string, value: number) {
  return { key, value: { intValue: String(value) } };
}
