import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildExecutable } from "../../build.ts";
import { ROOT } from "../cli/spawn_program.ts";
import { sharedServer } from "../servers/shared_server.ts";

/** A way to run jcs: the words that stand before its arguments. */
export type Program = readonly [file: string, ...words: string[]];

const EXECUTABLE = join(ROOT, "dist", process.platform === "win32" ? "jcs.exe" : "jcs");
const SOURCES = ["cli", "commands", "core", "ioswitch", "stubs", "build.ts", "package-lock.json"];
const MAIN = join(ROOT, "cli", "main.ts");

/** The compiled executable. The first test of a run that asks for it builds it, unless it is newer than every source. */
export async function executable(): Promise<Program> {
  const { file } = await sharedServer("executable", async () => {
    if (newest(SOURCES) >= mtimeMs(EXECUTABLE)) {
      mkdirSync(join(ROOT, "dist"), { recursive: true });
      // Renamed when it is whole: somebody may be running the old one.
      renameSync(await buildExecutable({ main: "cli/main.ts", outfile: `${EXECUTABLE}.new` }), EXECUTABLE);
    }
    return { file: EXECUTABLE };
  });
  return [file];
}

/** The sources on Bun. */
export const ON_BUN: Program = [process.execPath, MAIN];

/** The sources on Deno, without a permission prompt and without the network. */
export const ON_DENO: Program = [
  join(ROOT, "node_modules", ".bin", "deno"),
  "run",
  "-A",
  "--cached-only",
  MAIN,
];

function newest(names: readonly string[]): number {
  return Math.max(
    ...names.flatMap((name) => {
      const path = join(ROOT, name);
      if (!statSync(path).isDirectory()) return [mtimeMs(path)];
      return readdirSync(path, { recursive: true, withFileTypes: true }).map((entry) =>
        mtimeMs(join(entry.parentPath, entry.name)),
      );
    }),
  );
}

function mtimeMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Whether Deno is installed. */
export function hasDeno(): boolean {
  return existsSync(ON_DENO[0]);
}
