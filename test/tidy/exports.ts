import { findAll, type ProjectFile } from "./project_files.ts";

const EXPORT =
  /^export\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|const|let|class|interface|type)\s+(?<name>[\w$]+)/gm;

/** Files that are a list of many things and named after what these are, and the program's start. */
const UNNAMED = ["all", "errors", "limits", "main"];

/** Says which exported symbols have no doc comment. Of an overloaded function the first signature carries it, and in a run of constants
 *  the first one. A default export is what its file is. */
export function checkDocComments(file: ProjectFile): readonly string[] {
  const lines = file.text.split("\n");
  const documented = new Set<string>();
  let last = -1;
  return findAll(file, "bare", EXPORT, (match) => {
    const line = file.text.slice(0, match.index).split("\n").length - 1;
    const name = match.groups?.["name"] ?? "";
    const inRun = match[0].startsWith("export const") && last === line - 1;
    if (inRun || lines[line - 1]?.trimEnd().endsWith("*/") === true) documented.add(name);
    if (!documented.has(name)) return `"${name}" is exported and has no doc comment`;
    last = match[0].startsWith("export const") ? line : -1;
    return undefined;
  });
}

/** Says when nothing that a file exports has to do with the file's name. A file of several functions is named after what they have in
 *  common, which no test can know. */
export function checkMainExport(file: ProjectFile): readonly string[] {
  const name = file.path
    .split("/")
    .at(-1)!
    .replace(/\.tsx?$/, "");
  if (UNNAMED.includes(name) || /^export default/m.test(file.bare)) return [];
  const found = [...file.bare.matchAll(EXPORT)];
  const symbols = found.map((match) => match.groups?.["name"] ?? "");
  const functions = new Set(
    symbols.filter((_, at) => /^export\s.*\b(?:function|class)\b/.test(found[at]![0])),
  );
  if (symbols.length === 0 || functions.size > 1) return [];
  const wanted = wordsOf(name);
  const fits = symbols
    .flatMap(wordsOf)
    .some((word) => wanted.some((other) => word.startsWith(other) || other.startsWith(word)));
  return fits ? [] : [`${file.path}:1: exports ${symbols.join(", ")}: nothing that the file is named after`];
}

/** The words of a name in any of the usual spellings, in lower case, each cut to its first letters, so that `execute` is what an
 *  `executor` does. Small words do not count. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_.-]+/)
    .filter((word) => !["", "of", "to", "and", "from", "with", "is"].includes(word))
    .map((word) => word.slice(0, 5));
}
