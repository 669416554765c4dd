import { type CommandNode, flatten, nextWords, optionNames } from "./command_tree.ts";
import { quote } from "./quote.ts";

/** The completion script of zsh. */
export function zshScript(root: CommandNode): string {
  const nodes = flatten(root);
  const withValue = nodes.flatMap((node) =>
    node.options.filter((option) => option.takesValue).flatMap(optionNames),
  );
  const steps = nodes.slice(1).map((node) => {
    const from = node.path.slice(0, -1).join(" ");
    return `      ${quote(`${from}:${node.path.at(-1)}`)}) at=${quote(node.path.join(" "))} ;;`;
  });
  const cases = nodes.map((node) => {
    const commands = nextWords(node).map(({ word, summary }) => entry(word, summary));
    const options = new Map(
      [...node.options, ...root.options].flatMap((option) =>
        optionNames(option).map((name) => [name, entry(name, option.summary)] as const),
      ),
    );
    return `    ${quote(node.path.join(" "))})
      commands=(${commands.join(" ")})
      options=(${[...options.values()].join(" ")})
      ;;`;
  });
  return `#compdef jcs
# zsh completion for jcs
_jcs() {
  local at='' word skip=0
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if ((skip)); then skip=0; continue; fi
    case $word in
      ${[...new Set(withValue)].join("|")}) skip=1; continue ;;
    esac
    case "$at:$word" in
${steps.join("\n")}
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  if ((skip)); then _files
  elif [[ $PREFIX == -* ]]; then _describe -o option options
  elif ((\${#commands})); then _describe command commands
  else _files
  fi
}
if [[ $funcstack[1] == _jcs ]]; then _jcs "$@"; else compdef _jcs jcs; fi
`;
}

function entry(word: string, summary: string): string {
  return quote(`${word.replaceAll(":", "\\:")}:${summary}`);
}
