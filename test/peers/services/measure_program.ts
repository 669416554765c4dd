import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What one run of a program took. */
export interface ProgramCost {
  readonly seconds: number;
  /** User and system time of the program. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** Runs a program to its end and measures it with GNU time, which forks anew: the peak of a child that this process starts itself would begin at
 *  this process's own. What it prints goes nowhere. Fails when its status is not 0, with the end of what it said. */
export async function measureProgram(
  argv: readonly string[],
  options: { readonly environment: Readonly<Record<string, string>>; readonly directory: string },
): Promise<ProgramCost> {
  const report = join(options.directory, "time.txt");
  const startedMs = performance.now();
  const child = spawn("/usr/bin/time", ["-q", "-o", report, "-f", "%U %S %M", ...argv], {
    cwd: options.directory,
    env: options.environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-2000);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const seconds = (performance.now() - startedMs) / 1000;
  if (status !== 0) throw new Error(`Cannot run ${argv.join(" ")}: status ${status}: ${said.trim()}`);
  const [user = 0, system = 0, kilobytes = 0] = (await readFile(report, "utf8"))
    .trim()
    .split(" ")
    .map(Number);
  return { seconds, cpuSeconds: user + system, peakRssBytes: kilobytes * 1024 };
}
