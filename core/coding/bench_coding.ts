import { randomFillSync } from "node:crypto";
import type { Code } from "./code.ts";
import { createCode } from "./create_code.ts";
import { createShardMemory } from "./shard_memory.ts";

/** One measured case. Speeds count the bytes of all k data shards, whatever is computed, in 10^9 bytes per second. */
export interface CodingBenchResult {
  /** For example `encode 4+2 64KiB hot in place`. */
  readonly name: string;
  readonly bestGBps: number;
  readonly medianGBps: number;
  /** The slowest of the middle half of all windows, and the fastest. */
  readonly middleGBps: readonly [low: number, high: number];
  readonly windows: number;
}

/** What to measure; each list multiplies the cases. */
export interface CodingBenchOptions {
  readonly shapes?: readonly { readonly dataShards: number; readonly parityShards: number }[];
  readonly shardBytes?: readonly number[];
  readonly operations?: readonly BenchOperation[];
  /** `hot`: one stripe again and again; `cold`: stripes in turn, more than any cache holds. */
  readonly temperatures?: readonly ("hot" | "cold")[];
  /** `in place`: buffers in shard memory; `copied`: ordinary ones. */
  readonly memories?: readonly ("in place" | "copied")[];
  /** Time for one case, in windows of {@link WINDOW_MS}. */
  readonly caseMs?: number;
}

/** `rebuild n`: the first n data shards from the others. */
export type BenchOperation = "encode" | "rebuild 1" | "rebuild 2";

/** Length of one window: long against the clock's resolution, short against other programs' bursts. */
const WINDOW_MS = 4;

const COLD_BYTES = 128 * 1024 * 1024;

/** Time before the first window, in which the engines finish compiling. */
const WARM_UP_MS = 80;

/** Measures coding speed on one thread, case by case, yielding each result when it is there. Uses up to 128 MiB for cold cases. */
export function* benchCoding(options: CodingBenchOptions = {}): Iterable<CodingBenchResult> {
  const shapes = options.shapes ?? [
    { dataShards: 3, parityShards: 2 },
    { dataShards: 4, parityShards: 2 },
    { dataShards: 6, parityShards: 3 },
    { dataShards: 10, parityShards: 4 },
  ];
  for (const shape of shapes) {
    for (const operation of options.operations ?? ["encode", "rebuild 1", "rebuild 2"]) {
      for (const shardBytes of options.shardBytes ?? [64 * 1024, 1024 * 1024]) {
        for (const temperature of options.temperatures ?? ["hot", "cold"]) {
          for (const memory of options.memories ?? ["in place", "copied"]) {
            const code = createCode(shape);
            const size = `${shape.dataShards}+${shape.parityShards} ${shardBytes / 1024}KiB`;
            const job = makeJob({ code, operation, shardBytes, temperature, memory });
            const speeds = measure(job, options.caseMs ?? 200, (shape.dataShards * shardBytes) / 1e6);
            yield summarise(`${operation} ${size} ${temperature} ${memory}`, speeds);
          }
        }
      }
    }
  }
}

/** A function that does the work once, on the next stripe. */
function makeJob(shape: {
  readonly code: Code;
  readonly operation: BenchOperation;
  readonly shardBytes: number;
  readonly temperature: "hot" | "cold";
  readonly memory: "in place" | "copied";
}): () => void {
  const { code, operation, shardBytes } = shape;
  const all = Array.from({ length: code.dataShards + code.parityShards }, (_, shard) => shard);
  const lostCount = operation === "encode" ? 0 : operation === "rebuild 1" ? 1 : 2;
  const rebuild =
    lostCount === 0
      ? code.rebuild(all.slice(0, code.dataShards), all.slice(code.dataShards))
      : code.rebuild(all.slice(lostCount), all.slice(0, lostCount));
  rebuild.prepare();
  const stripeBytes = all.length * (shardBytes + 4096);
  const stripeCount = shape.temperature === "hot" ? 1 : Math.ceil(COLD_BYTES / stripeBytes);
  const memory =
    shape.memory === "copied" ? undefined : createShardMemory({ bytes: stripeCount * stripeBytes });
  const stripes = Array.from({ length: stripeCount }, () => {
    const buffers =
      memory?.lease(all.length, shardBytes)?.buffers ?? all.map(() => new Uint8Array(shardBytes));
    for (const buffer of buffers) randomFillSync(buffer);
    return {
      inputs: rebuild.inputs.map((shard) => buffers[shard]!),
      outputs: rebuild.outputs.map((shard) => buffers[shard]!),
    };
  });
  let next = 0;
  return () => {
    const stripe = stripes[next]!;
    rebuild.run(stripe.inputs, stripe.outputs);
    next = (next + 1) % stripeCount;
  };
}

/** Speeds of all windows, in GB/s; one run of `job` works on `megabytes` of data. */
function measure(job: () => void, caseMs: number, megabytes: number): number[] {
  runFor(job, WARM_UP_MS);
  const speeds: number[] = [];
  const end = performance.now() + caseMs;
  do {
    const { count, elapsedMs } = runFor(job, WINDOW_MS);
    speeds.push((count * megabytes) / elapsedMs);
  } while (performance.now() < end);
  return speeds;
}

function runFor(job: () => void, durationMs: number): { readonly count: number; readonly elapsedMs: number } {
  const start = performance.now();
  let count = 0;
  let elapsedMs = 0;
  do {
    job();
    count += 1;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < durationMs);
  return { count, elapsedMs };
}

function summarise(name: string, speeds: number[]): CodingBenchResult {
  const ordered = [...speeds].sort((left, right) => left - right);
  const at = (part: number) => ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))]!;
  return {
    name,
    bestGBps: at(1),
    medianGBps: at(0.5),
    middleGBps: [at(0.25), at(0.75)],
    windows: speeds.length,
  };
}
