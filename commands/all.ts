import type { Command } from "./command.ts";

/** A command that is loaded only when it is run, or when help is asked for. */
export interface CommandEntry {
  /** The first word, as typed: the name of the command in the file. */
  readonly name: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

/** Every command, in the order of the help. A new one is a file and a line here. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "init", load: () => import("./init.ts") },
  { name: "completion", load: () => import("./completion.ts") },
  { name: "version", load: () => import("./version.ts") },
];
