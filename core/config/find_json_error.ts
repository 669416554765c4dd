/** Where a text stops being JSON. */
export interface JsonErrorPlace {
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  readonly problem: string;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/** Finds the first place where `text` is not JSON; `undefined` when it is. The runtime's own parser does not say where.
 *
 *  Comments get an explanation of their own: files that are copied from documentation often have them. */
export function findJsonError(text: string): JsonErrorPlace | undefined {
  const reader = new Reader(text);
  try {
    reader.value();
    reader.space();
    if (reader.at < text.length) reader.fail("expected nothing after the last closing bracket");
    return undefined;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, reader.at).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1, problem: error.message };
  }
}

class Stop extends Error {}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  fail(problem: string): never {
    const rest = this.#text.slice(this.at);
    if (/^(\/\/|\/\*|#)/.test(rest)) throw new Stop("a comment, and JSON has no comments: remove it");
    throw new Stop(rest === "" ? "the file ends too early" : problem);
  }

  /** Takes what `pattern` matches here. */
  take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const taken = pattern.test(this.#text);
    if (taken) this.at = pattern.lastIndex;
    return taken;
  }

  space(): void {
    this.take(SPACE);
  }

  /** Takes white space and then `character`, if that is what comes. */
  character(character: string): boolean {
    this.space();
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value(): void {
    this.space();
    if (this.character("{")) this.#members("}", () => this.#member());
    else if (this.character("[")) this.#members("]", () => this.value());
    else if (!this.take(STRING) && !this.take(SCALAR)) this.fail("expected a value");
  }

  #member(): void {
    this.space();
    if (!this.take(STRING)) this.fail("expected a name in double quotes");
    if (!this.character(":")) this.fail('expected ":"');
    this.value();
  }

  #members(end: string, member: () => void): void {
    if (this.character(end)) return;
    do {
      this.space();
      if (this.#text[this.at] === end) this.fail("a comma before the closing bracket: remove it");
      member();
    } while (this.character(","));
    if (!this.character(end)) this.fail(`expected "," or "${end}"`);
  }
}
