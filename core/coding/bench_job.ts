import { randomFillSync } from "node:crypto";
import { JcsError } from "../errors.ts";
import { CODING_JOBS_PER_WORKER } from "../limits.ts";
import type { BenchOperation } from "./bench_coding.ts";
import type { Code } from "./code.ts";
import { CODING_WORKER_URL, taskOf } from "./coder.ts";
import { type CodingPool, type CodingSlot, type CodingStripe, createCodingPool } from "./coding_pool.ts";
import { createShardMemory, type ShardMemory } from "./shard_memory.ts";

/** One case of a benchmark. */
export interface JobShape {
  readonly code: Code;
  readonly operation: BenchOperation;
  /** Data shards to rebuild; none means to encode. */
  readonly lost: number;
  readonly shardBytes: number;
  readonly temperature: "hot" | "cold";
  readonly memory: "in place" | "copied";
  readonly threads: number;
}

/** Work to be measured. */
export interface Job {
  /** Does it once, or has it begun where it returns a promise. */
  readonly run: () => Promise<unknown> | undefined;
  /** Bytes that one run reads. */
  readonly bytes: number;
  /** How long to measure at a time, where not as usual. */
  readonly windowMs?: number;
  /** Waits for what was begun and frees everything. */
  end(): Promise<void>;
}

const COLD_BYTES = 128 * 1024 * 1024;

/** Bytes read by one job of a worker: long against the time that a message takes. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Jobs are counted when they are begun: long against one of them. */
const THREADED_WINDOW_MS = 20;

const START_TIMEOUT_MS = 10_000;

/** Computes one stripe after the other on this thread. */
export function inlineJob(shape: JobShape): Job {
  const { code, shardBytes } = shape;
  const { present, wanted } = shardsOf(shape);
  const rebuild = code.rebuild(present, wanted);
  rebuild.prepare();
  const stripeCount = shape.temperature === "hot" ? 1 : Math.ceil(COLD_BYTES / stripeBytesOf(shape));
  const memory =
    shape.memory === "copied" ? undefined : createShardMemory({ bytes: stripeCount * stripeBytesOf(shape) });
  const stripes = Array.from({ length: stripeCount }, () => makeStripe(shape, memory));
  let next = 0;
  return {
    bytes: rebuild.inputs.length * shardBytes,
    run() {
      const stripe = stripes[next]!;
      rebuild.run(stripe.inputs, stripe.outputs);
      next = (next + 1) % stripeCount;
      return undefined;
    },
    end: async () => {},
  };
}

/** Keeps worker threads busy with batches of stripes. When cold, each stripe is computed once in a batch; when hot, one again and again. */
export async function threadedJob(shape: JobShape): Promise<Job> {
  const { code, shardBytes, temperature, threads } = shape;
  const task = taskOf({ code, ...shardsOf(shape) });
  const readBytes = code.rebuild(task.present, task.wanted).inputs.length * shardBytes;
  const batchStripes = Math.max(1, Math.ceil(BATCH_BYTES / readBytes));
  const jobsMax = threads * CODING_JOBS_PER_WORKER;
  const perBatch = temperature === "hot" ? 1 : batchStripes;
  const coldBatches = Math.ceil(COLD_BYTES / (stripeBytesOf(shape) * batchStripes));
  const batchCount = temperature === "hot" ? jobsMax : Math.max(2 * jobsMax, coldBatches);
  const pool = createCodingPool({
    url: CODING_WORKER_URL,
    workersMax: threads,
    memoryBytes: batchCount * perBatch * stripeBytesOf(shape),
  });
  const free = Array.from({ length: batchCount }, () => {
    const stripes = Array.from({ length: perBatch }, () => makeStripe(shape, pool.memory));
    return Array.from({ length: batchStripes }, (_, index) => stripes[index % perBatch]!);
  });
  const running = new Set<Promise<void>>();
  let failure: unknown;

  async function compute(slot: CodingSlot): Promise<void> {
    const batch = free.shift()!;
    try {
      if (!(await slot.run(task, batch))) throw unavailable();
    } catch (error) {
      failure ??= error;
    } finally {
      free.push(batch);
      slot.release();
    }
  }

  await startAll(pool, jobsMax);
  return {
    bytes: batchStripes * readBytes,
    windowMs: THREADED_WINDOW_MS,
    async run() {
      if (failure !== undefined) throw failure;
      const slot = await pool.take();
      if (slot === undefined) throw unavailable();
      const done = compute(slot).finally(() => running.delete(done));
      running.add(done);
    },
    async end() {
      await Promise.all(running);
      await pool.close();
    },
  };
}

/** Waits until all workers run: then there is a place for every job. */
async function startAll(pool: CodingPool, jobsMax: number): Promise<void> {
  const slots: CodingSlot[] = [];
  const end = performance.now() + START_TIMEOUT_MS;
  while (slots.length < jobsMax) {
    const slot = await pool.take();
    if (slot !== undefined) slots.push(slot);
    else if (performance.now() > end) throw unavailable();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const slot of slots) slot.release();
}

function unavailable(): JcsError {
  return new JcsError("Unsupported", "Cannot measure worker threads: they do not start or end early");
}

function shardsOf(shape: JobShape): {
  readonly present: readonly number[];
  readonly wanted: readonly number[];
} {
  const { code, lost } = shape;
  const all = Array.from({ length: code.dataShards + code.parityShards }, (_, shard) => shard);
  if (lost === 0) return { present: all.slice(0, code.dataShards), wanted: all.slice(code.dataShards) };
  return { present: all.slice(lost), wanted: all.slice(0, lost) };
}

/** Memory that one stripe takes, spacing included. */
function stripeBytesOf({ code, shardBytes }: JobShape): number {
  return (code.dataShards + code.parityShards) * (shardBytes + 4096);
}

function makeStripe(shape: JobShape, memory: ShardMemory | undefined): CodingStripe {
  const { code, shardBytes } = shape;
  const { present, wanted } = shardsOf(shape);
  const shardCount = code.dataShards + code.parityShards;
  const buffers =
    memory?.lease(shardCount, shardBytes)?.buffers ??
    Array.from({ length: shardCount }, () => new Uint8Array(shardBytes));
  for (const buffer of buffers) randomFillSync(buffer);
  const { inputs, outputs } = code.rebuild(present, wanted);
  return {
    inputs: inputs.map((shard) => buffers[shard]!),
    outputs: outputs.map((shard) => buffers[shard]!),
  };
}
