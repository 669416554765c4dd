import { Command as Commander, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { COMMANDS, type CommandEntry } from "../commands/all.ts";
import type { Edge, GlobalOptions } from "../commands/command.ts";
import { EXIT_CODES, JcsError } from "../core/errors.ts";
import { type BandwidthTimetable, parseBandwidth } from "../core/store/bandwidth.ts";
import { VERSION } from "../core/version.ts";
import { READER_GONE_STATUS, type Sink } from "./sink.ts";

/** Widest help: longer lines are hard to read. */
const HELP_COLUMNS = 100;

/** The command line of jcs before its commands are added. */
export function createProgram(sinks: { readonly stdout: Sink; readonly stderr: Sink }): Commander {
  const program = new Commander("jcs")
    .description("Joins independent clouds, servers and disks into one durable store.")
    .usage("<command> [arguments] [options]")
    .version(VERSION, "--version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: sinks.stdout.isTerminal ? Math.min(HELP_COLUMNS, sinks.stdout.columns()) : HELP_COLUMNS,
      subcommandTerm: (command) => command.name(),
    })
    .configureOutput({
      writeOut: (text) => sinks.stdout.write(text),
      writeErr: (text) => sinks.stderr.write(text),
      // Errors are printed at the edge, all in one way.
      outputError: () => {},
    });
  for (const option of globalOptions()) program.addOption(option);
  program.addHelpText("after", `\n${exitStatusHelp()}`);
  return program as Commander;
}

/** Options that every command has. */
function globalOptions(): Option[] {
  return [
    new Option("-c, --config <file>", "configuration to use (default: config.json in $JCS_HOME, ~/.jcs)"),
    new Option("--json", "one JSON object per line instead of text"),
    new Option("-q, --quiet", "only results, warnings and errors"),
    new Option("-v, --verbose", "also show each operation of each space, and where an error came from"),
    new Option(
      "--trace <file>",
      "add the trace of this run to a file, as lines of OpenTelemetry's JSON (JCS_TRACE)",
    ),
    new Option("--redact-paths", "show digests instead of paths in what --verbose, --trace and JCS_LOG tell"),
    new Option("--no-progress", "do not show progress"),
    new Option(
      "--bandwidth <rate>",
      'most bytes per second to and from all spaces, such as 10MiB, 10MiB:1MiB (up:down) or "08:00,1MiB 20:00,off"',
    ).argParser(parseBandwidth),
    new Option("--parallel <n>", "objects to work on at the same time").argParser(parseParallel),
  ];
}

function parseParallel(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= 1024) return count;
  throw new JcsError(
    "Usage",
    `Cannot use ${JSON.stringify(text)} for --parallel: write a number from 1 to 1024`,
  );
}

/** Reads the global options, wherever they stood. */
export function readGlobals(program: Commander): GlobalOptions {
  const levels = ranCommands(program).map((command): Record<string, unknown> => command.opts());
  const first = (key: string) => levels.map((values) => values[key]).find((value) => value !== undefined);
  const config = first("config");
  const parallel = first("parallel");
  const bandwidth = first("bandwidth");
  const trace = first("trace");
  return {
    ...(typeof config === "string" ? { config } : {}),
    json: levels.some((values) => values["json"] === true),
    quiet: levels.some((values) => values["quiet"] === true),
    verbose: levels.some((values) => values["verbose"] === true),
    progress: levels.every((values) => values["progress"] !== false),
    ...(levels.some((values) => values["redactPaths"] === true) ? { redactPaths: true } : {}),
    ...(typeof trace === "string" ? { trace } : {}),
    ...(typeof parallel === "number" ? { parallel } : {}),
    ...(Array.isArray(bandwidth) ? { bandwidth: bandwidth as BandwidthTimetable } : {}),
  };
}

/** The program and the commands that the command line named, as far as it has been read. */
export function ranCommands(program: CommandUnknownOpts): CommandUnknownOpts[] {
  const ran = [program];
  for (let last: CommandUnknownOpts | undefined = program; last !== undefined; ) {
    const word: string | undefined = last.args[0];
    last = last.commands.find((command) => command.name() === word || command.aliases().includes(word ?? ""));
    if (last !== undefined) ran.push(last);
  }
  return ran;
}

/** `help space add` as `space add --help`, since commander's own help command hears only one word. Anything else as it is. */
export function helpArguments(argv: readonly string[]): readonly string[] {
  const [help, command, ...more] = argv;
  if (help !== "help" || more.length === 0 || COMMANDS.every(({ name }) => name !== command)) return argv;
  return [...argv.slice(1), "--help"];
}

/** Adds the command that `argv` names, or all of them when it names none that exists: help, completion and suggestions need them. */
export async function addCommands(
  program: Commander,
  options: { readonly edge: Edge; readonly argv?: readonly string[] },
): Promise<void> {
  const first = options.argv === undefined ? undefined : firstOperand(options.argv);
  const named = COMMANDS.filter((entry) => entry.name === first);
  for (const entry of named.length === 1 ? named : COMMANDS)
    await addCommand(program, { entry, edge: options.edge });
}

async function addCommand(
  program: Commander,
  options: { readonly entry: CommandEntry; readonly edge: Edge },
): Promise<void> {
  const { default: command } = await options.entry.load();
  const added = program.command(command.name);
  command.define(added, options.edge);
  addGlobals(added);
}

/** Lets every command read the global options too, unseen: only so can their letters be joined to its own, as in `-rq`. */
function addGlobals(command: CommandUnknownOpts): void {
  for (const option of globalOptions()) command.addOption(option.hideHelp());
  for (const sub of command.commands) addGlobals(sub);
}

/** The first word of `argv` that is neither an option nor the value of a global one. */
function firstOperand(argv: readonly string[]): string | undefined {
  const scan = new Commander()
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpOption(false)
    .helpCommand(false);
  for (const option of globalOptions()) scan.addOption(option.argParser((text: string) => text));
  return scan.parseOptions([...argv]).operands[0];
}

/** The exit codes for help, made of the one table. */
export function exitStatusHelp(): string {
  const kinds = new Map<number, string[]>([[0, ["done"]]]);
  for (const [kind, code] of Object.entries(EXIT_CODES)) {
    const words = kind.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
    kinds.set(code, [...(kinds.get(code) ?? []), words]);
  }
  kinds.set(READER_GONE_STATUS, ["the reader of stdout has ended"]);
  const lines = [...kinds]
    .sort(([a], [b]) => a - b)
    .map(([code, words]) => `  ${String(code).padEnd(5)}${words.join(", ")}`);
  return `Exit status:\n${lines.join("\n")}`;
}
