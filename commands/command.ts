import type { Command as Commander } from "@commander-js/extra-typings";
import type { Client } from "../core/client.ts";
import type { BandwidthTimetable } from "../core/store/bandwidth.ts";

/** One subcommand. Adding one is a file with this as its default export, and a line in `all.ts`. */
export interface Command {
  /** The first word, as typed. */
  readonly name: string;
  /** Adds arguments, options, help and examples to `program`, and the action that runs it. Must not import anything heavy: the
   *  action does that. */
  define(program: Commander, edge: Edge): void;
}

/** What a command may use of the process: nothing else of it is touched by a command. */
export interface Edge {
  /** Options given before or after the command's name. */
  readonly global: () => GlobalOptions;
  /** Opens the catalogue and the spaces (or the daemon); closed by the edge when the command ends. */
  client(): Promise<Client>;
  readonly output: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes bytes of an object to stdout and waits until they are taken. A reader that has gone away ends the command quietly. */
  stdout(chunk: Uint8Array): Promise<void>;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** $JCS_HOME or ~/.jcs. */
  readonly home: string;
  /** The file given with --config, or config.json in `home`. */
  readonly configFile: string;
  /** Where the user is. */
  readonly directory: string;
  /** Whether a person is watching: a terminal, no CI, no --json, no --quiet. */
  readonly interactive: boolean;
  /** Asks the person at the terminal for one line; the default when it is left empty. Requires `interactive`. Throws `Cancelled` at
   *  Ctrl-C. */
  ask(question: Question): Promise<string>;
}

/** A question for a person. */
export interface Question {
  readonly prompt: string;
  readonly default?: string;
  /** Show no letters of the answer. */
  readonly secret?: boolean;
  /** What is wrong with an answer, if anything: it is shown, and the question stays. */
  readonly check?: (answer: string) => string | undefined;
}

/** Options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly progress: boolean;
  /** Digests instead of paths in logs and traces. */
  readonly redactPaths?: boolean;
  /** The file that the trace of the run is added to. */
  readonly trace?: string;
  readonly parallel?: number;
  /** Most bytes per second of all spaces together. */
  readonly bandwidth?: BandwidthTimetable;
}

/** Results go to stdout, everything else to stderr; with `--json` one object per line and nothing else. */
export interface Output {
  /** One result: `text` for people, `json` for scripts. */
  result(item: { readonly text: string; readonly json: Readonly<Record<string, unknown>> }): void;
  /** Rows with a header, aligned for people, one object per row for scripts. */
  table(table: {
    readonly columns: readonly Column[];
    readonly rows: readonly Readonly<Record<string, unknown>>[];
  }): void;
  /** A message on stderr for people; not shown with --quiet. */
  note(message: string): void;
  /** A warning on stderr, also with --quiet. With --json an object `{"type":"warning",…}`. */
  warn(message: string): void;
  /** An error that does not end the command yet; the command's exit status becomes that of its kind, or 9 after several objects. */
  failure(error: unknown): void;
  /** The last line of --json, nothing for people unless `text` is given. */
  summary(item: { readonly text?: string; readonly json: Readonly<Record<string, unknown>> }): void;
  /** Shows how far a long work is; a no-op without a need. */
  progress(total: { readonly objects?: number; readonly bytes?: number }): Progress;
}

/** One column of a table. */
export interface Column {
  readonly key: string;
  readonly title: string;
  readonly align?: "left" | "right";
  /** How people see the value; scripts get it as it is. */
  readonly format?: (value: unknown) => string;
  /** Of the last column: what has no room on a terminal is left out, with an ellipsis, and not put below. */
  readonly cut?: boolean;
}

/** A running display of progress. */
export interface Progress {
  bytes(count: number): void;
  object(name: string, state: "started" | "done" | "failed"): void;
  /** Learnt meanwhile how much there is. */
  total(total: { readonly objects?: number; readonly bytes?: number }): void;
  end(): void;
}
