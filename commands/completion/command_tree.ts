import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** One command of the command line, as far as a shell has to know it. */
export interface CommandNode {
  /** The words that lead here, without the program's name; empty for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionNode[];
  readonly commands: readonly CommandNode[];
  /** Words that the first argument may be; empty when it may be anything. */
  readonly choices: readonly string[];
}

/** One option. */
export interface OptionNode {
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Reads a command line that commander knows. Hidden options are left out; help, which commander adds by itself, is put in. */
export function commandTree(command: CommandUnknownOpts, path: readonly string[] = []): CommandNode {
  const helper = command.createHelp();
  const commands = helper.visibleCommands(command);
  const names = commands.map((sub) => sub.name());
  return {
    path,
    summary: command.summary() || command.description(),
    options: helper.visibleOptions(command).map((option) => ({
      short: option.short,
      long: option.long,
      summary: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    commands: commands.map((sub) => {
      const node = commandTree(sub, [...path, sub.name()]);
      return sub.name() === "help" ? { ...node, choices: names } : node;
    }),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
}

/** A command and everything below it, the command first. */
export function flatten(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

/** The names of an option: the short one, then the long one. */
export function optionNames(option: OptionNode): string[] {
  return [option.short, option.long].filter((name) => name !== undefined);
}

/** What may stand where the command's words end: subcommands, or the choices of the first argument. */
export function nextWords(node: CommandNode): { readonly word: string; readonly summary: string }[] {
  const words = node.commands.map((sub) => ({ word: sub.path.at(-1) ?? "", summary: sub.summary }));
  return words.length > 0 ? words : node.choices.map((word) => ({ word, summary: "" }));
}
