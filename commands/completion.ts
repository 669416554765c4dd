import { Argument, Command as Commander } from "@commander-js/extra-typings";
import type { Command } from "./command.ts";
import type { CommandNode } from "./completion/command_tree.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** `jcs completion`: scripts that complete commands and options in a shell. */
const completion: Command = {
  name: "completion",
  define(program, edge) {
    program
      .summary("print a completion script for your shell")
      .description("Prints a script that completes the commands and options of jcs in a shell.")
      .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
      .addHelpText(
        "after",
        `
Examples:
  jcs completion bash > /etc/bash_completion.d/jcs
  jcs completion zsh > "\${fpath[1]}/_jcs"
  jcs completion fish > ~/.config/fish/completions/jcs.fish`,
      )
      .action(async (shell) => {
        const { COMMANDS } = await import("./all.ts");
        const { commandTree } = await import("./completion/command_tree.ts");
        // Of the running program only this command was loaded.
        const root = new Commander("jcs");
        for (const option of program.parent?.options ?? []) root.addOption(option);
        for (const entry of COMMANDS) {
          const { default: command } = await entry.load();
          command.define(root.command(command.name), edge);
        }
        const script = await scriptFor(shell, commandTree(root));
        edge.output.result({ text: script.trimEnd(), json: { type: "completion", shell, script } });
      });
  },
};

async function scriptFor(shell: (typeof SHELLS)[number], tree: CommandNode): Promise<string> {
  switch (shell) {
    case "bash":
      return (await import("./completion/bash.ts")).bashScript(tree);
    case "zsh":
      return (await import("./completion/zsh.ts")).zshScript(tree);
    case "fish":
      return (await import("./completion/fish.ts")).fishScript(tree);
  }
}

export default completion;
