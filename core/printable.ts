/** Whatever could drive a terminal or disguise a name: C0 and C1 controls, line separators, marks that turn the direction of writing,
 *  and halves of surrogate pairs. */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** `text` safe for a terminal: control characters, also those hidden in the name of an object, show as `\x1b`, `\n`, `\u202e`.
 *
 *  `lines` lets line ends and tabs through, for text that is meant to have several lines. Not reversible, for people only: scripts
 *  get the exact text with `--json`. */
export function printable(text: string, options: { readonly lines?: boolean } = {}): string {
  return text.replace(UNPRINTABLE, (character) =>
    options.lines === true && (character === "\n" || character === "\t")
      ? character
      : escapeCharacter(character),
  );
}
