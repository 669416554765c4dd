import { availableParallelism } from "node:os";
import { poolMemory } from "../../ioswitch/buffer_pool.ts";
import { JcsError } from "../errors.ts";
import {
  CODING_INLINE_BYTES_MAX,
  CODING_JOB_BYTES_MIN,
  CODING_MEMORY_BYTES,
  CODING_WORKERS_MAX,
} from "../limits.ts";
import { checkBuffers } from "./check_buffers.ts";
import type { Code } from "./code.ts";
import { type CodingPool, type CodingSlot, type CodingStripe, createCodingPool } from "./coding_pool.ts";
import type { CodingTask } from "./coding_request.ts";
import { bitsOfBlock } from "./word_layout.ts";

/** One computation by a code over the stripes of an object, on worker threads where that is worth it. */
export interface Coder {
  /** As in `Rebuild`. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Computes `outputs` from `inputs`: at once, or, where it returns a promise, until that settles; the caller then touches none of the
   *  buffers before. Several calls may be under way, as many as the caller has buffers for; they end in the order in which they were
   *  made, and wait while the workers have enough to do.
   *  Throws `Usage` for wrong counts or lengths and overlapping buffers, rejects with `Cancelled` after {@link cancel}. */
  run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): Promise<void> | undefined;
  /** Gives up: what waits is not computed. Calls under way still settle, and must be waited for before buffers are used again. */
  cancel(): void;
}

/** Options of {@link createCoder}. */
export interface CoderOptions {
  readonly code: Code;
  /** See `Code.rebuild`. */
  readonly present: readonly number[];
  readonly wanted: readonly number[];
  /** The workers to use; the process's own unless given. */
  readonly pool?: CodingPool;
}

/** The program of the coding workers: beside this file from source; in the executable, where every module has the URL of the executable
 *  and each worker is an entry point of its own in one flat folder, beside that. */
export const CODING_WORKER_URL = new URL("./coding_worker.ts", import.meta.url);

/** Words of output for each block, beyond which computing takes clearly longer than copying a stripe to a worker and back. Up to there, which
 *  is up to four outputs over GF(2^4), both take about the same time on this thread. */
const COPIED_WORDS = 16;

interface Stripe extends CodingStripe {
  readonly lengthBytes: number;
}

let ownPool: CodingPool | undefined;

/** The pool of this process; `undefined` with one core. */
function processPool(): CodingPool | undefined {
  const cores = availableParallelism();
  if (cores < 2) return undefined;
  ownPool ??= createCodingPool({
    url: CODING_WORKER_URL,
    workersMax: Math.min(cores - 1, CODING_WORKERS_MAX),
    memoryBytes: CODING_MEMORY_BYTES,
    memories: [poolMemory()],
  });
  return ownPool;
}

/** Ends the coding workers of this process; what is under way fails. Idle workers do not keep a process alive, so this is for programs
 *  that go on. Coding afterwards starts new ones. */
export async function closeCoders(): Promise<void> {
  const pool = ownPool;
  ownPool = undefined;
  await pool?.close();
}

/** Starts a computation over any number of stripes. The first {@link CODING_INLINE_BYTES_MAX} of input, stripes of less than
 *  {@link CODING_JOB_BYTES_MIN}, and whatever comes while workers cannot be had, are computed on this thread.
 *
 *  Stripes in pooled buffers (ioswitch/buffer_pool.ts), or in the memory of the pool, are computed where they are. Others are copied there and back, where computing takes longer than that;
 *  else they stay here. Throws as `Code.rebuild` does. */
export function createCoder(options: CoderOptions): Coder {
  const { code, present, wanted } = options;
  const rebuild = code.rebuild(present, wanted);
  const shards = { inputs: rebuild.inputs, outputs: rebuild.outputs, blockBytes: code.blockBytes };
  const task = taskOf(options);
  const isWorthCopying = rebuild.outputs.length * bitsOfBlock(code.blockBytes) > COPIED_WORDS;
  let inputBytes = 0;
  let pending = 0;
  let last: Promise<void> = Promise.resolve();
  let isCancelled = false;

  /** The pool that a stripe is worth being sent to. */
  function poolFor(stripe: Stripe): CodingPool | undefined {
    const stripeBytes = stripe.lengthBytes * rebuild.inputs.length;
    inputBytes += stripeBytes;
    if (inputBytes <= CODING_INLINE_BYTES_MAX || stripeBytes < CODING_JOB_BYTES_MIN) return undefined;
    const pool = options.pool ?? processPool();
    return isWorthCopying || pool?.holds(stripe) ? pool : undefined;
  }

  async function computeThere(pool: CodingPool, slot: CodingSlot, stripe: Stripe): Promise<boolean> {
    const { inputs, outputs, lengthBytes } = stripe;
    if (pool.holds(stripe)) return await slot.run(task, [stripe]);
    const lease = pool.memory.lease(inputs.length + outputs.length, lengthBytes);
    if (lease === undefined) return false;
    try {
      const there = {
        inputs: lease.buffers.slice(0, inputs.length),
        outputs: lease.buffers.slice(inputs.length),
      };
      for (const [index, input] of inputs.entries()) there.inputs[index]!.set(input);
      if (!(await slot.run(task, [there]))) return false;
      for (const [index, output] of outputs.entries()) output.set(there.outputs[index]!);
      return true;
    } finally {
      lease.release();
    }
  }

  async function compute(
    pool: CodingPool,
    taken: CodingSlot | Promise<CodingSlot | undefined>,
    stripe: Stripe,
  ): Promise<void> {
    const slot = await taken;
    try {
      checkWanted();
      const isDone = slot !== undefined && (await computeThere(pool, slot, stripe));
      checkWanted();
      if (!isDone) rebuild.run(stripe.inputs, stripe.outputs);
    } finally {
      slot?.release();
    }
  }

  /** Ends `work` after everything that was started before. */
  function inOrder(work: Promise<void>): Promise<void> {
    pending += 1;
    const ended = Promise.allSettled([last, work]).then(() => {
      pending -= 1;
      return work;
    });
    last = ended.catch(() => {});
    return ended;
  }

  function checkWanted(): void {
    if (isCancelled) throw new JcsError("Cancelled", "Stopped: the shards are not wanted any more");
  }

  return {
    inputs: rebuild.inputs,
    outputs: rebuild.outputs,
    run(inputs, outputs) {
      checkWanted();
      const lengthBytes = checkBuffers(shards, inputs, outputs);
      const stripe = { inputs, outputs, lengthBytes };
      const pool = poolFor(stripe);
      const taken = pool?.take();
      if (pool !== undefined && taken !== undefined) return inOrder(compute(pool, taken, stripe));
      rebuild.run(inputs, outputs);
      return pending === 0 ? undefined : inOrder(Promise.resolve());
    },
    cancel() {
      isCancelled = true;
    },
  };
}

/** What a worker is told about a computation. */
export function taskOf(options: Pick<CoderOptions, "code" | "present" | "wanted">): CodingTask {
  const { code, present, wanted } = options;
  const { name, dataShards, parityShards, groups } = code;
  return { name, dataShards, parityShards, localParities: groups.length, present, wanted };
}
