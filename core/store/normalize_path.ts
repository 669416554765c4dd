import { JcsError } from "../errors.ts";

/** The one spelling of a path on a store: relative to the work directory, `/` between names, none at the ends.
 *
 *  `\` counts as `/`. A path that starts with `/` is absolute and must lie inside `workDirectory`, which starts and ends with `/`.
 *  Throws `Usage` for what has no one meaning on every service: an empty path or name, `.`, `..`, NUL, text that is not Unicode. */
export function normalizePath(path: string, workDirectory: string): string {
  const slashed = path.replaceAll("\\", "/");
  const relative = slashed.startsWith("/") ? insideOf(slashed, workDirectory) : slashed;
  if (relative === undefined) throw refused(path, `it lies outside of ${JSON.stringify(workDirectory)}`);
  if (relative === "") throw refused(path, "it is empty");
  if (relative.includes("\0")) throw refused(path, "it holds a NUL character");
  if (!relative.isWellFormed()) throw refused(path, "it is not Unicode text");
  for (const name of relative.split("/")) {
    if (name === "") throw refused(path, "it holds an empty name");
    if (name === "." || name === "..") throw refused(path, `it holds "${name}"`);
  }
  return relative;
}

/** As {@link normalizePath}, for a directory: may be empty, which is the work directory itself, and may end with a slash. */
export function normalizePrefix(prefix: string, workDirectory: string): string {
  const slashed = prefix.replaceAll("\\", "/");
  if (slashed === "" || slashed === workDirectory || `${slashed}/` === workDirectory) return "";
  return normalizePath(slashed.endsWith("/") ? slashed.slice(0, -1) : slashed, workDirectory);
}

function insideOf(path: string, workDirectory: string): string | undefined {
  return path.startsWith(workDirectory) ? path.slice(workDirectory.length) : undefined;
}

function refused(path: string, state: string): JcsError {
  return new JcsError("Usage", `Cannot use path ${JSON.stringify(path)}: ${state}`, { where: { path } });
}
