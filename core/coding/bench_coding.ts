import { measureSpeed, type Speed } from "../measure_speed.ts";
import { inlineJob, type JobShape, threadedJob } from "./bench_job.ts";
import type { Code } from "./code.ts";
import { createCode } from "./create_code.ts";
import { createLocalCode } from "./create_local_code.ts";

/** A code to measure: with `globalParities`, one with local groups, whose parities are local and global ones. */
export interface BenchShape {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly globalParities?: number;
}

/** `rebuild n`: the first n data shards from the others. `local repair`: the first data shard from its group, for codes with groups. */
export type BenchOperation = "encode" | "rebuild 1" | "rebuild 2" | "local repair";

/** One measured case. Speeds count the bytes of the shards that are read: all data for encoding and for codes without groups. */
export interface CodingBenchResult extends Speed {
  /** For example `encode 4+2 64KiB hot in place`. */
  readonly name: string;
  readonly operation: BenchOperation;
  readonly shape: string;
  readonly shardBytes: number;
  readonly temperature: "hot" | "cold";
  readonly memory: "in place" | "copied";
  readonly threads: number;
}

/** What to measure; each list multiplies the cases. */
export interface CodingBenchOptions {
  readonly shapes?: readonly BenchShape[];
  readonly shardBytes?: readonly number[];
  readonly operations?: readonly BenchOperation[];
  /** `hot`: one stripe again and again; `cold`: stripes in turn, more than any cache holds. */
  readonly temperatures?: readonly ("hot" | "cold")[];
  /** `in place`: buffers in shard memory; `copied`: ordinary ones, on this thread only. */
  readonly memories?: readonly ("in place" | "copied")[];
  /** Worker threads; 0 for this thread alone. */
  readonly threads?: readonly number[];
  /** Time for one case. */
  readonly caseMs?: number;
}

/** All operations, in the order in which they are measured. */
export const BENCH_OPERATIONS: readonly BenchOperation[] = [
  "encode",
  "rebuild 1",
  "rebuild 2",
  "local repair",
];

const DEFAULT_SHAPES: readonly BenchShape[] = [
  { dataShards: 3, parityShards: 2 },
  { dataShards: 4, parityShards: 2 },
  { dataShards: 6, parityShards: 3 },
  { dataShards: 10, parityShards: 4 },
  { dataShards: 12, parityShards: 4, globalParities: 2 },
];

/** Measures coding speed, case by case, yielding each result when it is there. Cases that make no sense are left out. Uses some 256 MiB
 *  for cold cases. Throws `Usage` for a shape that does not exist, and `Unsupported` where worker threads are asked for and cannot be had. */
export async function* benchCoding(options: CodingBenchOptions = {}): AsyncGenerator<CodingBenchResult> {
  for (const benchShape of options.shapes ?? DEFAULT_SHAPES) {
    const { code, title } = codeOf(benchShape);
    for (const shape of casesOf(code, options)) {
      const { operation, shardBytes, temperature, memory, threads } = shape;
      const job = threads === 0 ? inlineJob(shape) : await threadedJob(shape);
      try {
        const speed = await measureSpeed(job.run, { ...job, caseMs: options.caseMs ?? 200 });
        const workers = threads === 0 ? "" : ` ${threads} ${threads === 1 ? "worker" : "workers"}`;
        const name = `${operation} ${title} ${shardBytes / 1024}KiB ${temperature} ${memory}${workers}`;
        yield { name, operation, shape: title, shardBytes, temperature, memory, threads, ...speed };
      } finally {
        await job.end();
      }
    }
  }
}

function codeOf(shape: BenchShape): { readonly code: Code; readonly title: string } {
  const { dataShards, parityShards, globalParities } = shape;
  if (globalParities === undefined)
    return { code: createCode({ dataShards, parityShards }), title: `${dataShards}+${parityShards}` };
  const localParities = parityShards - globalParities;
  return {
    code: createLocalCode({ dataShards, localParities, globalParities }),
    title: `${dataShards}+${localParities}+${globalParities}`,
  };
}

function* casesOf(code: Code, options: CodingBenchOptions): Iterable<JobShape> {
  for (const operation of options.operations ?? BENCH_OPERATIONS) {
    const lost = operation === "encode" ? 0 : operation === "rebuild 2" ? 2 : 1;
    if (lost > code.parityShards || code.parityShards === 0) continue;
    if (operation === "local repair" && code.groups.length === 0) continue;
    // The one lost shard of a code with groups comes from its group: that is local repair.
    if (operation === "rebuild 1" && code.groups.length > 0) continue;
    for (const shardBytes of options.shardBytes ?? [64 * 1024, 1024 * 1024]) {
      for (const temperature of options.temperatures ?? ["hot", "cold"]) {
        for (const memory of options.memories ?? ["in place", "copied"]) {
          for (const threads of options.threads ?? [0]) {
            if (threads > 0 && memory === "copied") continue;
            yield { code, operation, lost, shardBytes, temperature, memory, threads };
          }
        }
      }
    }
  }
}
