import { Refusal } from "./fake_google_auth.ts";

/** What a query can ask of a file. */
export interface Queried {
  readonly name: string;
  readonly parents: readonly string[];
  readonly trashed: boolean;
}

/** A query as Drive reads it. */
export interface Query {
  readonly matches: (file: Queried) => boolean;
  /** The folders that it names. */
  readonly folders: readonly string[];
  /** Whether it asks for a name: then Drive answers of an index that lags behind. */
  readonly byName: boolean;
}

const TOKEN = /\s*(?:([()])|(!?=)|([A-Za-z]+)|'((?:[^'\\]|\\['\\])*)')/y;

/** Reads a query of `files.list`: `'ID' in parents`, `name = 'TEXT'` and `trashed = true|false`, with `and`, `or` and parentheses. Anything else is refused. Names count as the
 *  same whatever their letter case, as in Drive's index.
 *  Source: Google Drive API, "Search query terms and operators". */
export function parseQuery(text: string): Query {
  const tokens: { readonly word?: string | undefined; readonly value?: string | undefined }[] = [];
  const pattern = new RegExp(TOKEN.source, "y");
  while (pattern.lastIndex < text.trimEnd().length) {
    const match = pattern.exec(text);
    if (match === null) throw invalid();
    const [, parenthesis, operator, word, value] = match;
    tokens.push(
      value === undefined
        ? { word: parenthesis ?? operator ?? word }
        : { value: value.replace(/\\(.)/gs, "$1") },
    );
  }
  const folders: string[] = [];
  let byName = false;
  const expect = (...words: readonly string[]) => {
    for (const word of words) if (tokens.shift()?.word !== word) throw invalid();
  };
  const term = (): Query["matches"] => {
    const token = tokens.shift();
    if (token?.word === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (token?.value !== undefined) {
      const folder = token.value;
      expect("in", "parents");
      folders.push(folder);
      return (file) => file.parents.includes(folder);
    }
    if (token?.word === "name") {
      expect("=");
      const name = tokens.shift()?.value;
      if (name === undefined) throw invalid();
      byName = true;
      return (file) => file.name.toLowerCase() === name.toLowerCase();
    }
    if (token?.word === "trashed") {
      expect("=");
      const value = tokens.shift()?.word;
      if (value !== "true" && value !== "false") throw invalid();
      return (file) => String(file.trashed) === value;
    }
    throw invalid();
  };
  const joined = (word: string, part: () => Query["matches"]): Query["matches"][] => {
    const parts = [part()];
    while (tokens[0]?.word === word) {
      tokens.shift();
      parts.push(part());
    }
    return parts;
  };
  const all = (): Query["matches"] => {
    const parts = joined("and", term);
    return (file) => parts.every((part) => part(file));
  };
  const either = (): Query["matches"] => {
    const parts = joined("or", all);
    return (file) => parts.some((part) => part(file));
  };
  const matches = either();
  if (tokens.length > 0) throw invalid();
  return { matches, folders, byName };
}

/** What may stand in a mask, and below it. */
export interface Maskable {
  readonly [name: string]: true | Maskable;
}

/** The members of `value` that the mask names. Refuses a mask that names what there is not.
 *  Source: Google Drive API, "Return specific fields". */
export function project(value: object, mask: string, known: Maskable): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { name, inner } of parseMask(mask)) {
    const allowed = known[name];
    if (allowed === undefined || (allowed === true && inner !== undefined)) {
      throw new Refusal(400, "invalidParameter", `Invalid field selection ${name}`);
    }
    const member: unknown = Reflect.get(value, name);
    if (member === undefined) continue;
    if (allowed === true || inner === undefined) result[name] = member;
    else if (Array.isArray(member)) result[name] = member.map((one: object) => project(one, inner, allowed));
    else result[name] = project(Object(member), inner, allowed);
  }
  return result;
}

function parseMask(mask: string): { readonly name: string; readonly inner?: string }[] {
  const parts: { name: string; inner?: string }[] = [];
  let depth = 0;
  let part = "";
  for (const character of `${mask},`) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character !== "," || depth > 0) {
      part += character;
      continue;
    }
    const match = /^([A-Za-z0-9]+)(?:\((.+)\))?$/.exec(part);
    if (match === null) throw new Refusal(400, "invalidParameter", `Invalid field selection ${part}`);
    parts.push({ name: match[1] ?? "", ...(match[2] === undefined ? {} : { inner: match[2] }) });
    part = "";
  }
  return parts;
}

function invalid(): Refusal {
  return new Refusal(400, "invalid", "Invalid Value: q");
}
