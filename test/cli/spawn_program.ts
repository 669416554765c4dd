import { spawn } from "node:child_process";
import { join } from "node:path";

/** The folder of the project. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of programs in tests: nothing of this machine's, so that it decides nothing. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...more };
}

/** Runs `file` with bun, or the program itself, and waits until it ends. */
export function spawnProgram(
  argv: readonly string[],
  options: {
    readonly file?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly directory?: string;
    readonly input?: string;
  } = {},
): Promise<Ended> {
  const file = options.file ?? join(ROOT, "cli", "main.ts");
  const child = spawn(process.execPath, [file, ...argv], {
    env: cleanEnvironment(options.environment),
    cwd: options.directory ?? ROOT,
    timeout: 20_000,
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return collect(child);
}

function collect(child: ReturnType<typeof spawn>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...output }));
  });
}
