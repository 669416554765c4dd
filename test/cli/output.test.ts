import { expect, test } from "vitest";
import { createOutput, exitCodeOf, type OutputStyle } from "../../cli/output.ts";
import { EXIT_CODES, JcsError } from "../../core/errors.ts";
import { memorySink } from "./memory_sink.ts";

const PLAIN: OutputStyle = { json: false, quiet: false, verbose: false, color: false };

function open(style: Partial<OutputStyle> = {}, muted = false) {
  const stdout = memorySink();
  const stderr = memorySink();
  const handle = createOutput({
    stdout,
    stderr,
    style: () => ({ ...PLAIN, ...style }),
    progress: () => ({ bytes() {}, object() {}, total() {}, end() {} }),
    undrawn: (write) => write(),
    muted: () => muted,
  });
  return { ...handle, out: stdout.text, err: stderr.text };
}

const notFound = new JcsError("NotFound", 'Cannot read "a/b": no such object', { where: { object: "a/b" } });

test("for people: results on stdout, the rest on stderr, control characters escaped", () => {
  const { output, finish, out, err } = open();
  output.result({ text: "got \u001b[31ma\tb", json: {} });
  output.note("note \u0007");
  output.warn("slow\u202e space");
  output.summary({ text: "1 object", json: {} });
  expect(finish()).toBe(0);
  expect(out()).toBe("got \\x1b[31ma\tb\n1 object\n");
  expect(err()).toBe("note \\x07\njcs: warning: slow\\u202e space\n");
});

test("with --json every line is an object with the exact values, and the summary comes last", () => {
  const { output, finish, out, err } = open({ json: true });
  output.summary({ text: "x", json: { objects: 2 } });
  output.result({ text: "t", json: { name: "\u001b[31m" } });
  output.table({ columns: [{ key: "a", title: "A" }], rows: [{ a: 1, hidden: 2 }, { a: 3 }] });
  output.note("only for people");
  output.warn("slow");
  output.failure(notFound);
  expect(finish()).toBe(EXIT_CODES.NotFound);
  expect(
    out()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { name: "\u001b[31m" },
    { a: 1, hidden: 2 },
    { a: 3 },
    { type: "summary", objects: 2, failures: 1, exitCode: 4 },
  ]);
  expect(
    err()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: "warning", message: "slow" },
    {
      type: "error",
      kind: "NotFound",
      message: 'Cannot read "a/b": no such object',
      retry: "never",
      where: { object: "a/b" },
      exitCode: 4,
    },
  ]);
});

test("--quiet leaves results, warnings and errors", () => {
  const { output, finish, out, err } = open({ quiet: true });
  output.result({ text: "result", json: {} });
  output.note("note");
  output.warn("warning");
  output.summary({ text: "summary", json: {} });
  expect(finish(notFound)).toBe(4);
  expect(out()).toBe("result\n");
  expect(err()).toBe('jcs: warning: warning\njcs: Cannot read "a/b": no such object\n');
});

test("--verbose shows where an error came from, down to its causes", () => {
  const { finish, err } = open({ verbose: true });
  finish(
    new JcsError("Unreachable", "Cannot reach it", {
      where: { space: "oss" },
      cause: new Error("ECONNREFUSED"),
    }),
  );
  expect(err()).toContain("space: oss");
  expect(err()).toContain("ECONNREFUSED");
});

test("an unexpected error says how to report it", () => {
  const { finish, err } = open();
  expect(finish(new TypeError("x is undefined"))).toBe(1);
  expect(err()).toContain("x is undefined");
  expect(err()).toContain("Please report it");
});

test("nothing is written once the reader of stdout has ended", () => {
  const { output, finish, out, err } = open({}, true);
  output.result({ text: "x", json: {} });
  output.failure(new Error("The reader of the output has ended"));
  finish(new Error("The reader of the output has ended"));
  expect(out() + err()).toBe("");
});

test("the exit status is that of the only failure, 9 after several", () => {
  const error = (kind: JcsError["kind"]) => new JcsError(kind, kind);
  expect(exitCodeOf([])).toBe(0);
  for (const kind of Object.keys(EXIT_CODES) as JcsError["kind"][]) {
    expect(exitCodeOf([error(kind)])).toBe(EXIT_CODES[kind]);
  }
  expect(exitCodeOf([error("NotFound"), error("NotFound")])).toBe(9);
  expect(exitCodeOf([error("Degraded"), error("Degraded")])).toBe(3);
  expect(exitCodeOf([error("Degraded"), error("NotFound")])).toBe(9);
  expect(exitCodeOf([error("NotFound"), error("Corrupt"), error("Cancelled")])).toBe(130);
});
