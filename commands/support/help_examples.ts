/** The examples at the end of a command's help, aligned, with a pointer to the exit statuses. */
export function helpExamples(
  examples: readonly (readonly [command: string, meaning: string])[],
  options: { readonly json?: string } = {},
): string {
  const lines = examples.flatMap(([command, meaning]) => [`  ${command}`, `      ${meaning}`]);
  const json = options.json === undefined ? "" : `\n\nWith --json: ${options.json}`;
  return `\nExamples:\n${lines.join("\n")}${json}\n\nExit statuses are listed by "jcs help".`;
}
