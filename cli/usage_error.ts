import type { Command as Commander, CommanderError } from "@commander-js/extra-typings";
import { JcsError } from "../core/errors.ts";
import { ranCommands } from "./program.ts";

/** Whether commander ended because it has shown what was asked for: help or the version. */
export function isHelp(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (
    code === "commander.helpDisplayed" ||
    code === "commander.version" ||
    (code === "commander.help" && exitCode(error) === 0)
  );
}

function exitCode(error: unknown): unknown {
  return error instanceof Error && "exitCode" in error ? error.exitCode : undefined;
}

/** What commander found wrong with the command line, as the error that jcs prints: what it is, what was perhaps meant, where help is. */
export function usageError(error: CommanderError, program: Commander): JcsError {
  // Help was shown instead: there was no command, or none of the name that help was wanted for.
  if (error.code === "commander.help") {
    const [word, wanted] = program.args;
    if (word !== "help" || wanted === undefined) return new JcsError("Usage", "Cannot run: no command given");
    return new JcsError("Usage", `Cannot show help: no command ${JSON.stringify(wanted)}`);
  }
  const [first = "", ...more] = error.message.split("\n");
  const problem = first
    .replace(/^error: /, "")
    .replace(/\.$/, "")
    .replaceAll("'", '"');
  const suggestion = /^\(Did you mean (.*)\?\)$/.exec(more.join("\n"))?.[1];
  const help = [...ranCommands(program).map((command) => command.name()), "--help"].join(" ");
  const hint = suggestion === undefined ? "" : `Did you mean ${suggestion}? `;
  return new JcsError("Usage", `${problem}. ${hint}Run "${help}" for help`);
}
