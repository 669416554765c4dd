import { type CommandNode, flatten, nextWords, type OptionNode, optionNames } from "./command_tree.ts";

/** The completion script of fish. */
export function fishScript(root: CommandNode): string {
  const nodes = flatten(root);
  const withValue = nodes.flatMap((node) =>
    node.options.filter((option) => option.takesValue).flatMap(optionNames),
  );
  const steps = nodes.slice(1).map((node) => {
    const from = node.path.slice(0, -1).join(" ");
    return `      case ${quote(`${from}:${node.path.at(-1)}`)}\n        set at ${quote(node.path.join(" "))}`;
  });
  const lines = nodes.flatMap((node) => {
    const here = `complete -c jcs -n ${quote(`__jcs_at ${quote(node.path.join(" "))}`)}`;
    const words = nextWords(node).map(
      ({ word, summary }) => `${here} -f -a ${quote(word)}${summary === "" ? "" : ` -d ${quote(summary)}`}`,
    );
    const options = node === root ? [] : node.options.map((option) => `${here}${optionFlags(option)}`);
    return [...words, ...options];
  });
  return `# fish completion for jcs
function __jcs_at
  set -l at ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${[...new Set(withValue)].join(" ")}
        set skip 1
        continue
    end
    switch "$at:$word"
${steps.join("\n")}
    end
  end
  test "$at" = "$argv[1]"
end
${root.options.map((option) => `complete -c jcs${optionFlags(option)}`).join("\n")}
${lines.join("\n")}
`;
}

function optionFlags(option: OptionNode): string {
  const short = option.short === undefined ? "" : ` -s ${option.short.slice(1)}`;
  const long = option.long === undefined ? "" : ` -l ${option.long.slice(2)}`;
  const value = option.takesValue ? " -r" : "";
  return `${short}${long}${value} -d ${quote(option.summary)}`;
}

/** `text` as one word of fish. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
