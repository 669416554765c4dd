import { JcsError } from "../errors.ts";

/** A pattern over object paths, and what of it narrows a listing. */
export interface Glob {
  readonly pattern: string;
  /** Literal text that every matching path starts with. */
  readonly prefix: string;
  /** The part of {@link prefix} up to its last `/`, that one included: where the tree that the pattern talks about starts. */
  readonly directory: string;
  /** Whether all matches lie right in {@link directory}, so that one level of a listing is enough. */
  readonly oneLevel: boolean;
  /** Whether the whole of `path` matches. */
  matches(path: string): boolean;
}

/** Whether `text` has characters that a glob gives a meaning to, the escaping `\` included. */
export function isGlob(text: string): boolean {
  return /[*?[{\\]/.test(text);
}

/** The one name that `text` stands for when it has no active wildcard: escapes resolved. `undefined` when it has one. */
export function literalGlob(text: string): string | undefined {
  const nodes = parse(text);
  if (nodes.some((node) => typeof node !== "string")) return undefined;
  return nodes.join("");
}

/** Reads a glob: `*` any characters but `/`, `**` as a whole segment any segments or none, `?` one character but `/`, `[abc]`,
 *  `[a-z]`, `[!abc]` one of a set, `{a,b}` alternatives (also nested, also with `/`), and `\` before a character takes its meaning.
 *
 *  A name that starts with a dot is a name like any other. A pattern that ends with `/` means everything below what matches. A `[` or `{` that
 *  is never closed is itself. Throws `Usage` for a set whose range runs backwards. */
export function parseGlob(pattern: string): Glob {
  const nodes = parse(pattern.endsWith("/") ? `${pattern}**` : pattern);
  const firstActive = nodes.findIndex((node) => typeof node !== "string");
  const literal = firstActive < 0 ? nodes : nodes.slice(0, firstActive);
  const prefix = literal.join("");
  const rest = firstActive < 0 ? [] : nodes.slice(firstActive);
  const regex = compile(nodes, pattern);
  return {
    pattern,
    prefix,
    directory: prefix.slice(0, prefix.lastIndexOf("/") + 1),
    oneLevel: !rest.some(mayCrossSlash),
    matches: (path) => regex.test(path),
  };
}

type Node =
  /** One literal character. */
  | string
  | { readonly kind: "any" | "one" }
  /** `**` as a whole segment. `slash`: the `/` after it belongs to it. */
  | { readonly kind: "deep"; readonly slash: boolean }
  | { readonly kind: "set"; readonly source: string }
  | { readonly kind: "choice"; readonly branches: readonly (readonly Node[])[] };

function mayCrossSlash(node: Node): boolean {
  if (typeof node === "string") return node === "/";
  if (node.kind === "choice") return node.branches.some((branch) => branch.some(mayCrossSlash));
  return node.kind === "deep";
}

/** Reads text into nodes. Characters are code points, so that `?` and sets see an emoji as one. */
function parse(text: string): readonly Node[] {
  const characters = Array.from(text);
  return readNodes({ characters, choices: findChoices(characters), position: 0 }, { nested: false });
}

interface Reader {
  readonly characters: readonly string[];
  /** Where the `{` stand that begin alternatives. */
  readonly choices: ReadonlySet<number>;
  position: number;
}

/** Where every `{` stands that is closed and has a comma: `{a}` and `{` are themselves, as in a shell. */
function findChoices(characters: readonly string[]): ReadonlySet<number> {
  const choices = new Set<number>();
  const open: { readonly at: number; comma: boolean }[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === "\\") at++;
    else if (character === "[") at = setEnd(characters, at) ?? at;
    else if (character === "{") open.push({ at, comma: false });
    else if (character === "," && open.length > 0) open.at(-1)!.comma = true;
    else if (character === "}") {
      const closed = open.pop();
      if (closed?.comma) choices.add(closed.at);
    }
  }
  return choices;
}

/** Where the set that begins with the `[` at `start` ends; `undefined` when it is never closed. */
function setEnd(characters: readonly string[], start: number): number | undefined {
  // A `]` right at the start is a member.
  let at = characters[start + 1] === "!" || characters[start + 1] === "^" ? start + 3 : start + 2;
  if (characters[at - 1] === "\\") at++;
  for (; at < characters.length; at++) {
    if (characters[at] === "\\") at++;
    else if (characters[at] === "]") return at;
  }
  return undefined;
}

/** Reads to the end, or, `nested`, to the `,` or `}` that ends the branch. */
function readNodes(reader: Reader, options: { readonly nested: boolean }): readonly Node[] {
  const { characters } = reader;
  const nodes: Node[] = [];
  // Braces that are themselves, and must be balanced by a `}` that is itself.
  let plainBraces = 0;
  while (reader.position < characters.length) {
    const at = reader.position;
    const character = characters[at]!;
    if (options.nested && plainBraces === 0 && (character === "," || character === "}")) break;
    reader.position++;
    if (character === "\\" && reader.position < characters.length) {
      nodes.push(characters[reader.position]!);
      reader.position++;
    } else if (character === "*") {
      nodes.push(readStars(reader));
    } else if (character === "?") {
      nodes.push({ kind: "one" });
    } else if (character === "[") {
      nodes.push(readSet(reader));
    } else if (character === "{" && reader.choices.has(at)) {
      nodes.push(readChoice(reader));
    } else {
      if (character === "{") plainBraces++;
      if (character === "}") plainBraces = Math.max(0, plainBraces - 1);
      nodes.push(character);
    }
  }
  return nodes;
}

/** One `*` or a run of them: the reader stands behind the first. */
function readStars(reader: Reader): Node {
  const { characters } = reader;
  const start = reader.position - 1;
  while (characters[reader.position] === "*") reader.position++;
  const isSegment =
    reader.position - start === 2 &&
    (start === 0 || "/{,".includes(characters[start - 1]!)) &&
    (reader.position === characters.length || "/},".includes(characters[reader.position]!));
  if (!isSegment) return { kind: "any" };
  const slash = characters[reader.position] === "/";
  if (slash) reader.position++;
  return { kind: "deep", slash };
}

/** The set behind a `[`, or that character itself, and nothing read, when it is never closed. */
function readSet(reader: Reader): Node {
  const { characters } = reader;
  const end = setEnd(characters, reader.position - 1);
  if (end === undefined) return "[";
  let at = reader.position;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  let source = "";
  for (const first = at; at < end; at++) {
    if (characters[at] === "\\") source += escapeInSet(characters[++at]!);
    else if (characters[at] === "-" && at > first && at + 1 < end) source += "-";
    else source += escapeInSet(characters[at]!);
  }
  reader.position = end + 1;
  return { kind: "set", source: `(?!/)[${negated ? "^" : ""}${source}]` };
}

/** The alternatives behind a `{` that is known to be closed. */
function readChoice(reader: Reader): Node {
  const branches: (readonly Node[])[] = [];
  for (let end: string | undefined = ","; end === ","; reader.position++) {
    branches.push(readNodes(reader, { nested: true }));
    end = reader.characters[reader.position];
  }
  return { kind: "choice", branches };
}

function compile(nodes: readonly Node[], pattern: string): RegExp {
  try {
    return new RegExp(`^${nodes.map(sourceOf).join("")}$`, "su");
  } catch (cause) {
    throw new JcsError(
      "Usage",
      `Cannot read the pattern ${JSON.stringify(pattern)}: a set has a range that runs backwards`,
      {
        cause,
      },
    );
  }
}

function sourceOf(node: Node): string {
  if (typeof node === "string") return node.replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
  switch (node.kind) {
    case "any":
      return "[^/]*";
    case "one":
      return "[^/]";
    case "deep":
      return node.slash ? "(?:[^/]+/)*" : ".+";
    case "set":
      return node.source;
    case "choice":
      return `(?:${node.branches.map((branch) => branch.map(sourceOf).join("")).join("|")})`;
  }
}

function escapeInSet(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character;
}
