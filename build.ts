import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { arch, platform } from "node:os";
import { basename, join } from "node:path";
import { assert } from "./core/assert.ts";
import { formatByteSize } from "./core/bytes/byte_size.ts";
import { formatDuration } from "./core/bytes/duration.ts";

/** Where an executable runs. */
export interface Target {
  /** As in the name of the file: dist/jcs-<name>. */
  readonly name: string;
  /** The npm package with Bun's runtime for it. */
  readonly runtime: string;
}

const TARGETS: readonly Target[] = [
  { name: "linux-x64", runtime: "@oven/bun-linux-x64" },
  { name: "linux-arm64", runtime: "@oven/bun-linux-aarch64" },
  { name: "linux-x64-musl", runtime: "@oven/bun-linux-x64-musl" },
  { name: "darwin-arm64", runtime: "@oven/bun-darwin-aarch64" },
  { name: "darwin-x64", runtime: "@oven/bun-darwin-x64" },
  { name: "windows-x64", runtime: "@oven/bun-windows-x64" },
];

const ROOT = import.meta.dirname;
const DIST = join(ROOT, "dist");
const RUNTIMES = join(DIST, ".runtimes");

/** Programs that run in a worker become parts of the executable of their own: every file named like this, in one flat folder. So their
 *  names differ, and they are started from a file beside them: `new Worker(new URL("./hash_worker.ts", import.meta.url).href)`. */
const WORKERS = "{core,ioswitch}/**/*_worker.ts";

/** The programs that run in workers, as paths in the project. */
export function findWorkers(): string[] {
  return Array.from(new Bun.Glob(WORKERS).scanSync(ROOT)).sort();
}

/** Builds one executable of `main` and all workers, for `target` or for this machine with the runtime that runs now. `outfile` is without
 *  the .exe of Windows. Resolves to the path of the file. */
export async function buildExecutable(options: {
  readonly main: string;
  readonly outfile: string;
  readonly target?: Target;
}): Promise<string> {
  const { outfile, target } = options;
  const workers = findWorkers();
  assert(
    new Set(workers.map((file) => basename(file))).size === workers.length,
    `workers of one name: ${workers}`,
  );
  const result = await Bun.build({
    entrypoints: [options.main, ...workers].map((file) => join(ROOT, file)),
    naming: { entry: "[name].[ext]" },
    minify: true,
    splitting: true,
    bytecode: true,
    format: "esm",
    // The environment is read when jcs runs, never when it is built.
    env: "disable",
    define: {
      "process.env.NODE_ENV": '"production"',
      JCS_BUILD_COMMIT: JSON.stringify(commit()),
    },
    plugins: [
      {
        name: "stubs",
        setup(setup) {
          setup.onResolve({ filter: /^react-devtools-core$/ }, () => ({
            path: join(ROOT, "stubs", "react_devtools_core.ts"),
          }));
        },
      },
    ],
    compile: {
      outfile,
      // Whatever lies in the directory where somebody runs jcs must not change what jcs does.
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(target === undefined
        ? {}
        : { target: compileTarget(target), executablePath: fetchRuntime(target.runtime) }),
    },
  });
  for (const message of result.logs) console.error(String(message));
  return existsSync(outfile) ? outfile : `${outfile}.exe`;
}

function compileTarget(target: Target): Bun.Build.CompileTarget {
  return target.runtime.slice("@oven/".length).replace("aarch64", "arm64") as Bun.Build.CompileTarget;
}

/** Fetches Bun's runtime of the version that runs now, once. */
function fetchRuntime(name: string): string {
  const directory = join(RUNTIMES, `${name.slice("@oven/".length)}-${Bun.version}`);
  const file = join(directory, "package", "bin", name.includes("windows") ? "bun.exe" : "bun");
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  const packed = execFileSync("npm", [
    "pack",
    "--silent",
    "--pack-destination",
    directory,
    `${name}@${Bun.version}`,
  ]);
  const archive = packed.toString("utf8").trim().split("\n").at(-1) ?? "";
  execFileSync("tar", ["-xzf", join(directory, archive), "-C", directory]);
  rmSync(join(directory, archive));
  return file;
}

/** The commit that is checked out; empty where this is no git checkout. */
function commit(): string {
  try {
    const head = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return head.toString("utf8").trim();
  } catch {
    return "";
  }
}

async function main(): Promise<void> {
  mkdirSync(DIST, { recursive: true });
  const all = process.argv.includes("--all");
  if (!all) console.log(`building for ${platform()}-${arch()}`);
  for (const target of all ? TARGETS : [undefined]) {
    const startedMs = performance.now();
    const file = await buildExecutable({
      main: "cli/main.ts",
      outfile: join(DIST, target === undefined ? "jcs" : `jcs-${target.name}`),
      ...(target === undefined ? {} : { target }),
    });
    const took = formatDuration(Math.round(performance.now() - startedMs));
    console.log(`${file.slice(ROOT.length + 1)}  ${formatByteSize(statSync(file).size)}  ${took}`);
  }
}

if (import.meta.main) await main();
