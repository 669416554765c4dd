import { CommanderError } from "@commander-js/extra-typings";
import type { GlobalOptions } from "../commands/command.ts";
import { createEdge, type Host } from "./edge.ts";
import { addCommands, createProgram, helpArguments, ranCommands, readGlobals } from "./program.ts";
import { isHelp, usageError } from "./usage_error.ts";

/** Runs one command line and resolves to the exit status. Touches nothing of the process but what `host` holds. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const program = createProgram(host);
  /** The options, once the command line has been read to its end: a list asks for them with every line. */
  let settled: GlobalOptions | undefined;
  program.hook("preAction", () => {
    settled = readGlobals(program);
  });
  const { edge, finish } = createEdge(host, {
    globals: () => settled ?? readGlobals(program),
    command: () =>
      ranCommands(program)
        .map((command) => command.name())
        .join(" "),
  });
  try {
    const words = helpArguments(argv);
    await addCommands(program, { edge, argv: words });
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (isHelp(error)) return finish();
    return finish(error instanceof CommanderError ? usageError(error, program) : error);
  }
  return finish();
}
