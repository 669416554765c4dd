/** TypeScript with comments, or comments and strings, replaced by spaces: lines and columns stay where they were.
 *
 *  Good enough for looking for words, not for compiling: a slash starts a regular expression where no value stands before it. */
export function stripCode(source: string, options: { readonly strings: boolean }): string {
  const out = [...source];
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (out[at] !== "\n") out[at] = " ";
  };
  /** What each open `${` or `{` returns to; `true` for a template. */
  const braces: boolean[] = [];
  const text = out.join("").length === out.length ? source : out.map((letter) => letter[0] ?? " ").join("");
  let at = 0;

  function template(): void {
    const from = at;
    while (at < text.length && text[at] !== "`" && !text.startsWith("${", at))
      at += text[at] === "\\" ? 2 : 1;
    if (options.strings) blank(from, at);
    if (text.startsWith("${", at)) {
      braces.push(true);
      at += 2;
    } else at += 1;
  }

  while (at < text.length) {
    const letter = text[at]!;
    const from = at;
    if (text.startsWith("//", at)) {
      at = endOf(text, /\n|$/g, at);
      blank(from, at);
    } else if (text.startsWith("/*", at)) {
      at = endOf(text, /\*\/|$/g, at + 2, true);
      blank(from, at);
    } else if (letter === '"' || letter === "'") {
      at = endOf(
        text,
        letter === '"' ? /(?:[^"\\\n]|\\[\s\S])*"?/y : /(?:[^'\\\n]|\\[\s\S])*'?/y,
        at + 1,
        true,
      );
      if (options.strings) blank(from + 1, at - 1);
    } else if (letter === "`") {
      at += 1;
      template();
    } else if (letter === "/" && startsExpression(text, at)) {
      at = endOf(text, /(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])*\/?/y, at + 1, true);
      if (options.strings) blank(from + 1, at - 1);
    } else {
      at += 1;
      if (letter === "{") braces.push(false);
      if (letter === "}" && braces.pop() === true) template();
    }
  }
  return out.join("");
}

/** Where the first match at or after `from` starts, or ends with `behind`. */
function endOf(text: string, pattern: RegExp, from: number, behind = false): number {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match === null ? text.length : match.index + (behind ? match[0].length : 0);
}

function startsExpression(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at).trimEnd();
  return (
    before === "" ||
    /(?:[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|void|throw|await|yield))$/.test(before)
  );
}
