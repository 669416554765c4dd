/** Compares jcs with rclone on real servers of this machine: radosgw (s3), Apache's mod_dav (webdav), OpenSSH (sftp) and a directory (fs).
 *
 *  `npm run bench:services [-- --services s3,webdav --cases large-up,list --rounds 5 --size 2GiB --files 2000 --keys 100000 --directory /dev/shm]` on
 *  Debian with the servers of the tests, rclone and GNU time. Runs dist/jcs and rclone in turn, round after round, each first in every other
 *  one, so that what else happens on the machine hits both alike. The servers' files, what is sent and what is fetched lie below `--directory`; radosgw
 *  keeps its objects in memory. Both programs run as they come, with the checks and the numbers of transfers and parts that are their own. What was fetched is
 *  compared with what was sent, outside of the time. rclone's own checks stay on: on sftp it runs md5sum on the server for each file, which
 *  `--rclone-flags=--sftp-disable-hashcheck` leaves out. Prints a table: medians and bests of seconds, CPU seconds, peak RSS. Not part of the tests. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { machine } from "../../commands/bench/machine.ts";
import { formatByteSize, parseByteSize } from "../../core/bytes/byte_size.ts";
import { probeBytes } from "../../core/store/probe/probe_bench.ts";
import startServers from "../servers/global_setup.ts";
import { rcloneEnvironment } from "../servers/rclone_environment.ts";
import { BENCH_PLACES, type BenchPlace } from "./services/bench_places.ts";
import { measureProgram, type ProgramCost } from "./services/measure_program.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SMALL_BYTES = 16 * 1024;
const KEYS_PER_DIRECTORY = 1000;
const CHUNK_BYTES = 1024 * 1024;

const CASES = ["large-up", "large-down", "small-up", "small-down", "list"] as const;
type Case = (typeof CASES)[number];
type Program = "jcs" | "rclone";

const { values } = parseArgs({
  options: {
    services: { type: "string", default: "s3,webdav,sftp" },
    cases: { type: "string", default: CASES.join(",") },
    programs: { type: "string", default: "jcs,rclone" },
    rounds: { type: "string", default: "5" },
    size: { type: "string", default: "2GiB" },
    files: { type: "string", default: "2000" },
    keys: { type: "string", default: "100000" },
    "rclone-flags": { type: "string", default: "" },
    directory: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
    jcs: { type: "string", default: join(ROOT, "dist", "jcs") },
  },
});
const largeBytes = parseByteSize(values.size);
const files = Number(values.files);
const keys = Number(values.keys);
const programs = values.programs.split(",") as Program[];

/** What each program is told in each case. `there` is what lies on the server, `here` the local side. */
function commandOf(
  program: Program,
  work: Case,
  place: { readonly root: string; readonly here: string; readonly there: string },
): readonly string[] {
  const { root, here, there } = place;
  const space = `bench:${there}`;
  const remote = there === "" || root.endsWith(":") ? `${root}${there}` : `${root}/${there}`;
  const jcs = (...argv: readonly string[]) => [values.jcs, ...argv];
  const flags = values["rclone-flags"].split(" ").filter((flag) => flag !== "");
  const rclone = (...argv: readonly string[]) => ["rclone", ...argv, ...flags];
  switch (work) {
    case "large-up":
      return program === "jcs" ? jcs("put", here, space) : rclone("copyto", here, remote);
    case "large-down":
      return program === "jcs" ? jcs("get", space, here) : rclone("copyto", remote, here);
    case "small-up":
      return program === "jcs" ? jcs("put", here, space) : rclone("copy", here, remote);
    case "small-down":
      return program === "jcs" ? jcs("get", `${space}/`, here) : rclone("copy", remote, here);
    case "list":
      return program === "jcs" ? jcs("ls", "-r", `${space}/`) : rclone("lsf", "-R", remote);
  }
}

function environmentOf(program: Program, place: BenchPlace): Readonly<Record<string, string>> {
  if (program === "rclone") return rcloneEnvironment({ bench: place.remote });
  return {
    PATH: process.env["PATH"] ?? "",
    JCS_HOME: join(folder, "jcs-home"),
    JCS_SPACE_bench: place.connection,
  };
}

/** Makes what is sent: bytes that cannot be compressed. */
async function makeSources(): Promise<void> {
  const chunk = probeBytes(CHUNK_BYTES);
  const stream = createWriteStream(join(folder, "large"));
  for (let written = 0; written < largeBytes; written += CHUNK_BYTES) {
    chunk.set(new Uint8Array(new Float64Array([written]).buffer));
    const piece = Buffer.from(chunk.subarray(0, Math.min(CHUNK_BYTES, largeBytes - written)));
    if (!stream.write(piece)) await new Promise((resolve) => stream.once("drain", () => resolve(undefined)));
  }
  stream.end();
  await finished(stream);
  mkdirSync(join(folder, "small"));
  for (let index = 0; index < files; index++) {
    writeFileSync(join(folder, "small", `file-${index}`), probeBytes(SMALL_BYTES, index + 1));
  }
}

/** Runs one program once and checks what came of it. */
async function runOnce(program: Program, work: Case, place: BenchPlace): Promise<ProgramCost> {
  const isLarge = work.startsWith("large");
  const source = isLarge ? "large" : "small";
  const isDown = work.endsWith("-down");
  const here = join(folder, isDown ? "fetched" : source);
  const there = work === "list" ? "list" : isDown ? source : `${source}-${program}`;
  const argv = commandOf(program, work, { root: place.root, here, there });
  try {
    const cost = await measureProgram(argv, {
      environment: environmentOf(program, place),
      directory: folder,
    });
    if (isDown) execFileSync("diff", ["-rq", join(folder, source), here]);
    return cost;
  } finally {
    if (isDown) rmSync(here, { recursive: true, force: true });
    else if (work !== "list") await place.remove(there);
  }
}

/** Puts on the server what the case needs there. */
async function prepare(work: Case, place: BenchPlace): Promise<() => Promise<void>> {
  const environment = environmentOf("jcs", place);
  if (work === "list") {
    const digits = String(keys).length;
    await place.fill(
      Array.from({ length: keys }, (_, index) => {
        const number = String(index).padStart(digits, "0");
        return `list/${number.slice(0, -String(KEYS_PER_DIRECTORY).length + 1)}/${number}`;
      }),
    );
    return () => place.remove("list");
  }
  if (!work.endsWith("-down")) return async () => {};
  const isLarge = work.startsWith("large");
  const there = isLarge ? "large" : "small";
  const up = commandOf("jcs", isLarge ? "large-up" : "small-up", {
    root: place.root,
    here: join(folder, there),
    there,
  });
  await measureProgram(up, { environment, directory: folder });
  return () => place.remove(there);
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Seconds (median, best), speed by the best, CPU seconds, peak RSS. */
function cells(work: Case, costs: readonly ProgramCost[]): readonly string[] {
  if (costs.length === 0) return ["", "", "", ""];
  const seconds = costs.map((cost) => cost.seconds);
  const middle = median(seconds);
  const speed = work.startsWith("large")
    ? `${Math.round(largeBytes / 2 ** 20 / middle)} MiB/s`
    : `${Math.round((work === "list" ? keys : files) / middle)}/s`;
  return [
    `${middle.toFixed(2)} / ${Math.min(...seconds).toFixed(2)}`,
    speed,
    median(costs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
    `${Math.round(Math.max(...costs.map(({ peakRssBytes }) => peakRssBytes)) / 2 ** 20)}`,
  ];
}

function row(columns: readonly string[]): void {
  console.log(`| ${columns.join(" | ")} |`);
}

const folder = mkdtempSync(join(values.directory, "jcs-services-"));
// Servers that run as users of their own come through it.
chmodSync(folder, 0o755);
process.env["TMPDIR"] = folder;
const stop = await startServers();
try {
  await makeSources();
  const { cpu, cores, jcs } = machine();
  const peer = execFileSync("rclone", ["version"], { encoding: "utf8" }).split("\n")[0];
  console.log(`${cpu}, ${cores} cores; jcs ${jcs}, ${peer}; files on ${values.directory}`);
  console.log(
    `load ${loadavg()[0]!.toFixed(2)} at the start; ${values.rounds} rounds; large: ${formatByteSize(largeBytes)},`,
  );
  console.log(
    `small: ${files} files of ${formatByteSize(SMALL_BYTES)}, list: ${keys} keys, ${KEYS_PER_DIRECTORY} in a directory\n`,
  );
  row([
    "service",
    "case",
    ...programs.flatMap((name) => [`${name}: s median / best`, "by median", "CPU s", "peak RSS MiB"]),
  ]);
  row(["---", "---", ...programs.flatMap(() => ["--:", "--:", "--:", "--:"])]);
  for (const service of values.services.split(",")) {
    const place = await BENCH_PLACES[service]!();
    for (const work of values.cases.split(",") as Case[]) {
      const costs: Record<Program, ProgramCost[]> = { jcs: [], rclone: [] };
      const cleanUp = await prepare(work, place);
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const program of round % 2 === 0 ? programs : programs.toReversed()) {
          costs[program].push(await runOnce(program, work, place));
        }
      }
      await cleanUp();
      row([service, work, ...programs.flatMap((program) => cells(work, costs[program]))]);
    }
  }
  console.log(`\nload ${loadavg()[0]!.toFixed(2)} at the end`);
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
