import { type CommandNode, flatten, nextWords, optionNames } from "./command_tree.ts";
import { quote } from "./quote.ts";

/** The completion script of bash. */
export function bashScript(root: CommandNode): string {
  const nodes = flatten(root);
  const all = root.options;
  const withValue = nodes.flatMap((node) =>
    node.options.filter((option) => option.takesValue).flatMap(optionNames),
  );
  const steps = nodes.slice(1).map((node) => {
    const from = node.path.slice(0, -1).join(" ");
    return `      ${quote(`${from}:${node.path.at(-1)}`)}) at=${quote(node.path.join(" "))} ;;`;
  });
  const cases = nodes.map((node) => {
    const options = new Set([...node.options, ...all].flatMap(optionNames));
    const words = nextWords(node).map(({ word }) => word);
    return `    ${quote(node.path.join(" "))}) words=${quote(words.join(" "))} options=${quote([...options].join(" "))} ;;`;
  });
  return `# bash completion for jcs
_jcs() {
  local current=\${COMP_WORDS[COMP_CWORD]} at='' words='' options='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${[...new Set(withValue)].join(" | ")})
        # Its value is next: leave that to the completion of files.
        if ((++i == COMP_CWORD)); then return; fi
        continue
        ;;
    esac
    case "$at:$word" in
${steps.join("\n")}
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -F _jcs jcs
`;
}
