/** Compares jcs on Bun and on Deno with ISA-L and klauspost/reedsolomon, all in one run on one thread, and then one worker thread with two.
 *
 *  `npm run bench:peers [-- --rounds 5 --milliseconds 150]` on Debian, after
 *  `apt-get install libisal-dev golang-go golang-github-klauspost-reedsolomon-dev`. Builds the peers in a temporary folder. Every engine is
 *  visited in turn, case by case, round after round, so that what else happens on the machine hits all of them alike. Prints the best window
 *  of all rounds and the median of the rounds' medians, in GB/s. Not part of the tests. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine } from "../../commands/bench/machine.ts";

interface Case {
  readonly operation: "encode" | "rebuild 2";
  readonly dataShards: number;
  readonly parityShards: number;
  readonly temperature: "hot" | "cold";
}

interface Measured {
  readonly bestGBps: number;
  readonly medianGBps: number;
}

interface Engine {
  readonly name: string;
  measure(work: Case, milliseconds: number): Measured;
}

const SHARD_BYTES = 65_536;
const ROOT = join(import.meta.dirname, "..", "..");

const CASES: readonly Case[] = (["hot", "cold"] as const).flatMap((temperature) => [
  { operation: "encode", dataShards: 3, parityShards: 2, temperature },
  { operation: "encode", dataShards: 4, parityShards: 2, temperature },
  { operation: "encode", dataShards: 6, parityShards: 3, temperature },
  { operation: "encode", dataShards: 10, parityShards: 4, temperature },
  { operation: "rebuild 2", dataShards: 4, parityShards: 2, temperature },
  { operation: "rebuild 2", dataShards: 10, parityShards: 4, temperature },
]);

function run(program: string, argv: readonly string[], environment: Record<string, string> = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  if (status === 0) return stdout;
  throw new Error(`Cannot run ${program} ${argv.join(" ")}: ${error?.message ?? stderr}`);
}

/** A peer's program; both take the same arguments. */
function peer(name: string, program: string): Engine {
  return {
    name,
    measure({ operation, dataShards, parityShards, temperature }, milliseconds) {
      const [verb = "", lost = "0"] = operation.split(" ");
      const numbers = [lost, dataShards, parityShards, SHARD_BYTES, temperature, milliseconds];
      return JSON.parse(run(program, [verb, ...numbers.map(String)])) as Measured;
    },
  };
}

function jcs(name: string, runtime: readonly string[], threads: number): Engine {
  const [program = "", ...argv] = [...runtime, join(ROOT, "cli", "main.ts")];
  return {
    name,
    measure({ operation, dataShards, parityShards, temperature }, milliseconds) {
      const lines = run(program, [
        ...argv,
        ...["bench", "coding", "--json", "--shapes", `${dataShards}+${parityShards}`],
        ...["--sizes", String(SHARD_BYTES), "--operations", operation, "--temperatures", temperature],
        ...["--threads", String(threads), "--seconds", String(milliseconds / 1000)],
      ]);
      return JSON.parse(lines.trimEnd().split("\n").at(-1) ?? "") as Measured;
    },
  };
}

function build(folder: string): readonly Engine[] {
  const isal = join(folder, "isal");
  const klauspost = join(folder, "klauspost");
  execFileSync("cc", ["-O3", "-o", isal, join(import.meta.dirname, "isal.c"), "-lisal"]);
  execFileSync("go", ["build", "-o", klauspost, join(import.meta.dirname, "klauspost.go")], {
    env: {
      ...process.env,
      GO111MODULE: "off",
      GOPATH: "/usr/share/gocode",
      GOCACHE: join(folder, "go"),
    },
  });
  return [peer("ISA-L", isal), peer("klauspost", klauspost)];
}

/** The packages of the peers as they are installed. */
function versions(): string {
  const names = ["libisal2", "golang-github-klauspost-reedsolomon-dev"];
  const { stdout } = spawnSync("dpkg-query", ["-W", ...names], { encoding: "utf8" });
  return (stdout ?? "").trim().replaceAll("\t", " ").replaceAll("\n", ", ");
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function title({ operation, dataShards, parityShards, temperature }: Case): string {
  return `${operation} ${dataShards}+${parityShards} ${SHARD_BYTES / 1024}KiB ${temperature}`;
}

/** Visits all engines in turn; returns what each round of each measured. */
function visit(
  engines: readonly Engine[],
  work: Case,
  options: { readonly rounds: number; readonly milliseconds: number },
): Measured[][] {
  const measured: Measured[][] = engines.map(() => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [index, engine] of engines.entries())
      measured[index]!.push(engine.measure(work, options.milliseconds));
  }
  return measured;
}

function cell(rounds: readonly Measured[]): string {
  const best = Math.max(...rounds.map(({ bestGBps }) => bestGBps));
  return `${best.toFixed(1)} / ${median(rounds.map(({ medianGBps }) => medianGBps)).toFixed(1)}`;
}

/** How often faster the one is than the other: of the best windows, and the middle one of the rounds' medians. */
function ratio(one: readonly Measured[], other: readonly Measured[]): string {
  const best = (rounds: readonly Measured[]) => Math.max(...rounds.map(({ bestGBps }) => bestGBps));
  const pairs = one.map(({ medianGBps }, round) => medianGBps / other[round]!.medianGBps);
  return `${(best(one) / best(other)).toFixed(2)} / ${median(pairs).toFixed(2)}`;
}

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    milliseconds: { type: "string", default: "150" },
  },
});
const options = { rounds: Number(values.rounds), milliseconds: Number(values.milliseconds) };
const folder = mkdtempSync(join(tmpdir(), "jcs-peers-"));
try {
  const peers = build(folder);
  const bun = [process.execPath];
  const deno = [join(ROOT, "node_modules", ".bin", "deno"), "run", "-A", "--cached-only"];
  const { cpu, cores, engine } = machine();
  const denoVersion = run(deno[0]!, ["--version"]).split("\n")[0];
  console.log(`${cpu}, ${cores} cores; ${engine}; ${denoVersion}; ${versions()}`);
  console.log(
    `load ${loadavg()[0]!.toFixed(2)} at the start; ${options.rounds} rounds of ${options.milliseconds} ms`,
  );

  console.log("\nOne thread, GB/s of data, best window / median:\n");
  row([
    "case",
    "ISA-L",
    "klauspost",
    "jcs, Bun",
    "jcs, Deno",
    "Bun to ISA-L",
    "Bun to klauspost",
    "Deno to ISA-L",
  ]);
  row(["---", ...Array<string>(7).fill("--:")]);
  const engines = [...peers, jcs("jcs, Bun", bun, 0), jcs("jcs, Deno", deno, 0)];
  for (const work of CASES) {
    const rounds = visit(engines, work, options);
    const [isal = [], klauspost = [], onBun = [], onDeno = []] = rounds;
    row([title(work), ...rounds.map(cell), ratio(onBun, isal), ratio(onBun, klauspost), ratio(onDeno, isal)]);
  }

  console.log("\nWorker threads, GB/s of data, best window / median:\n");
  row(["case", "engine", "1 worker", "2 workers", "2 to 1"]);
  row(["---", "---", ...Array<string>(3).fill("--:")]);
  const encodes = CASES.filter(
    ({ operation, dataShards }) => operation === "encode" && [4, 10].includes(dataShards),
  );
  for (const work of encodes) {
    for (const [name, runtime] of [
      ["Bun", bun],
      ["Deno", deno],
    ] as const) {
      const engines = [jcs(name, runtime, 1), jcs(name, runtime, 2)];
      // Windows of threads are longer.
      const [one = [], two = []] = visit(engines, work, {
        ...options,
        milliseconds: 3 * options.milliseconds,
      });
      row([title(work), name, cell(one), cell(two), ratio(two, one)]);
    }
  }
  console.log(`\nload ${loadavg()[0]!.toFixed(2)} at the end`);
} finally {
  rmSync(folder, { recursive: true });
}
