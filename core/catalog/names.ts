import { JcsError } from "../errors.ts";
import { NAME_BYTES_MAX, OBJECT_PATH_BYTES_MAX } from "../limits.ts";

/** What a name is the name of. */
export type NameKind = "bucket" | "package" | "space";

/** Refuses a name that a bucket, package or space cannot have: throws `Usage`, which names the value and the rule.
 *
 *  A space name is 1 to {@link NAME_BYTES_MAX} of `A-Z a-z 0-9 . _ -` and starts with a letter or digit, so that it can stand before the
 *  colon of `space:path` and in `JCS_SPACE_<NAME>`. A bucket or package name is 1 to {@link NAME_BYTES_MAX} bytes of UTF-8 without `/` and
 *  `:` (they end a name in an address), without control characters, and is not `.` or `..`; it does not start with `-` (an option)
 *  and has no white space at its ends (nobody sees it). Letter case and Unicode normal forms are kept and tell names apart. */
export function validateName(kind: NameKind, name: string): void {
  const broken = kind === "space" ? brokenSpaceRule(name) : brokenNameRule(name);
  if (broken === undefined) return;
  throw new JcsError("Usage", `Cannot use ${quoted(name)} as the name of a ${kind}: ${broken}`, {
    where: { field: kind },
  });
}

/** Refuses a path that no object can have: throws `Usage`, which names the value and the rule.
 *
 *  A path is 1 to {@link OBJECT_PATH_BYTES_MAX} bytes of UTF-8 without NUL. Between its slashes are no empty, `.` or `..` segments, and
 *  none of its ends is a slash. Everything else is allowed, line breaks included. */
export function validateObjectPath(path: string): void {
  const broken = brokenPathRule(path);
  if (broken === undefined) return;
  throw new JcsError("Usage", `Cannot use ${quoted(path)} as the path of an object: ${broken}`, {
    where: { field: "path", path },
  });
}

/** Refuses text that has no UTF-8 form (half a surrogate pair) or holds NUL: throws `Usage`. For prefixes and page positions, which
 *  need not be whole names. */
export function validateText(text: string): void {
  const broken = brokenTextRule(text);
  if (broken !== undefined) throw new JcsError("Usage", `Cannot look for ${quoted(text)}: ${broken}`);
}

function brokenSpaceRule(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    return "it must start with a letter or digit and hold only letters, digits, dot, underscore and hyphen";
  }
  return longerThan(name, NAME_BYTES_MAX);
}

function brokenNameRule(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name === "." || name === "..") return "it means a directory";
  if (name.startsWith("-")) return 'it starts with "-", as an option does';
  if (name.includes("/")) return 'it holds "/", which ends a name';
  if (name.includes(":")) return 'it holds ":", which ends the name of a space';
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return "it holds a control character";
  if (name.trim() !== name) return "it starts or ends with white space";
  return brokenTextRule(name) ?? longerThan(name, NAME_BYTES_MAX);
}

function brokenPathRule(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it starts with a slash";
  if (path.endsWith("/")) return "it ends with a slash";
  for (const segment of path.split("/")) {
    if (segment === "") return "it holds an empty segment";
    if (segment === "." || segment === "..") return `it holds the segment "${segment}"`;
  }
  return brokenTextRule(path) ?? longerThan(path, OBJECT_PATH_BYTES_MAX);
}

function brokenTextRule(text: string): string | undefined {
  if (text.includes("\u0000")) return "it holds NUL";
  return isWellFormed(text) ? undefined : "it is not Unicode text (half a surrogate pair)";
}

function longerThan(text: string, bytesMax: number): string | undefined {
  const bytes = Buffer.byteLength(text);
  return bytes > bytesMax ? `it has ${bytes} bytes, more than ${bytesMax}` : undefined;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
