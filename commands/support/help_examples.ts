/** The examples at the end of a command's help, aligned, with a pointer to the exit statuses. */
export function helpExamples(
  examples: readonly (readonly [command: string, meaning: string])[],
  options: { readonly json?: string } = {},
): string {
  const lines = examples.flatMap(([command, meaning]) => [`  ${command}`, `      ${meaning}`]);
  const json = options.json === undefined ? "" : `\n\n${wrap(`With --json: ${options.json}`)}`;
  return `\nExamples:\n${lines.join("\n")}${json}\n\nExit statuses are listed by "jcs help".`;
}

const WIDTH = 98;

/** Breaks a long line after commas and spaces. */
function wrap(text: string): string {
  const lines = [""];
  for (const piece of text.split(/(?<=[, ])/)) {
    const line = lines.at(-1)!;
    if (line.length + piece.trimEnd().length > WIDTH) lines.push(`  ${piece}`);
    else lines[lines.length - 1] = line + piece;
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}
