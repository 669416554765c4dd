import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stripCode } from "./strip_code.ts";

/** The top folder of the project, without a slash at the end. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** One file of the project as the checks see it. */
export interface ProjectFile {
  /** From the top folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  /** Without comments and without what stands in strings. */
  readonly bare: string;
}

/** Names in the top folder that belong to the project: all but what `.gitignore` leaves out. */
export function topLevelNames(): readonly string[] {
  const ignored = readFileSync(`${ROOT}/.gitignore`, "utf8").split("\n");
  const isIgnored = (name: string): boolean =>
    ignored.some((line) => {
      const pattern = line.replace(/\/$/, "");
      return pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : name === pattern;
    });
  return readdirSync(ROOT).filter((name) => name !== ".git" && !isIgnored(name));
}

/** All TypeScript files below the given folders. */
export function readTypeScript(folders: readonly string[]): readonly ProjectFile[] {
  return folders
    .flatMap((folder) => listFiles(folder))
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(`${ROOT}/${path}`, "utf8");
      return {
        path,
        text,
        code: stripCode(text, { strings: false }),
        bare: stripCode(text, { strings: true }),
      };
    });
}

/** Paths of all files below `folder`, which may be missing; the file itself when it is one. */
export function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(`${ROOT}/${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length + 1).replaceAll("\\", "/"))
      .sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return [folder];
    if (code === "ENOENT") return [];
    throw error;
  }
}

/** Every place where `pattern` (global) matches, as `path:line: message`. */
export function findAll(
  file: ProjectFile,
  where: "text" | "code" | "bare",
  pattern: RegExp,
  message: (match: RegExpMatchArray) => string | undefined,
): readonly string[] {
  const problems: string[] = [];
  for (const match of file[where].matchAll(pattern)) {
    const said = message(match);
    if (said !== undefined) problems.push(`${file.path}:${lineAt(file.text, match.index)}: ${said}`);
  }
  return problems;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
