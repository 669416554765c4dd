import { assert } from "../assert.ts";
import { JcsError } from "../errors.ts";
import { CODING_JOBS_PER_WORKER } from "../limits.ts";
import { createWorkerPool } from "../worker_pool.ts";
import type { CodingReply, CodingRequest, CodingTask, CodingWorkerData } from "./coding_request.ts";
import { createShardMemory, type ShardMemory } from "./shard_memory.ts";

/** Buffers of one stripe, all of one length. */
export interface CodingStripe {
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** A place in the queue of one worker, for one job. */
export interface CodingSlot {
  /** Lets the worker compute stripes that all lie in one memory of the pool. Resolves to `false` when it ended before that was done: then outputs
   *  hold anything. Rejects when the pool was closed, and when the worker could not do what it was told. Call it once at the most. */
  run(task: CodingTask, stripes: readonly CodingStripe[]): Promise<boolean>;
  /** Gives the place to whoever waits. Requires: `run` has settled, or was never called. */
  release(): void;
}

/** Worker threads that code, shared by all transfers of a process. Idle ones do not keep the process alive. */
export interface CodingPool {
  /** Room for stripes from elsewhere, shared with the workers. */
  readonly memory: ShardMemory;
  /** Whether the workers can compute on these buffers where they are. */
  holds(stripe: CodingStripe): boolean;
  /** Takes a place with the worker that has the fewest jobs, waiting in turn while all places are taken. `undefined` when the caller
   *  better computes itself: workers cannot be had, or are still starting. */
  take(): CodingSlot | undefined | Promise<CodingSlot | undefined>;
  /** Ends all workers. Jobs under way reject, who waits gets `undefined`; the next `take` starts anew. */
  close(): Promise<void>;
}

/** What {@link createCodingPool} needs. */
export interface CodingPoolOptions {
  /** The program of the workers. */
  readonly url: URL;
  readonly workersMax: number;
  /** The size of {@link CodingPool.memory}: it bounds what is copied for workers and waits for them. */
  readonly memoryBytes: number;
  /** More shared memories, in which stripes may lie. */
  readonly memories?: readonly WebAssembly.Memory[];
}

/** Makes a pool of at most `workersMax` workers; each is started when it is needed first. */
export function createCodingPool(options: CodingPoolOptions): CodingPool {
  const { url, workersMax, memoryBytes } = options;
  const memory = createShardMemory({ bytes: memoryBytes, shared: true });
  const memories = [memory.memory, ...(options.memories ?? [])];
  const buffers = memories.map(({ buffer }) => buffer);
  const workers = createWorkerPool<CodingRequest, CodingReply>({
    url,
    workersMax,
    workerData: { memories } satisfies CodingWorkerData,
  });
  const slotsMax = workersMax * CODING_JOBS_PER_WORKER;
  const waiting: ((slot: CodingSlot | undefined) => void)[] = [];
  let taken = 0;
  let closes = 0;

  function open(): CodingSlot | undefined {
    const closesBefore = closes;
    let isGone = false;
    let settle: ((outcome: boolean | JcsError) => void) | undefined;
    const channel = workers.open({
      ready() {},
      reply({ error }) {
        settle?.(error === undefined ? true : failure(error));
      },
      failed() {
        isGone = true;
        settle?.(closes === closesBefore ? false : failure("it was closed"));
      },
    });
    if (channel === undefined || !channel.isReady) {
      channel?.close();
      return undefined;
    }
    taken += 1;
    let isReleased = false;
    return {
      run(task, stripes) {
        assert(settle === undefined && !isReleased, "a place is for one job");
        return new Promise((resolve, reject) => {
          settle = (outcome) => (typeof outcome === "boolean" ? resolve(outcome) : reject(outcome));
          if (closes !== closesBefore) settle(failure("it was closed"));
          else if (isGone) settle(false);
          else channel.send({ id: channel.id, task, ...placeOf(stripes, buffers) });
        });
      },
      release() {
        if (isReleased) return;
        isReleased = true;
        channel.close();
        taken -= 1;
        // Whoever gets none takes no place, so all are served when workers cannot be had any more.
        while (waiting.length > 0 && taken < slotsMax) waiting.shift()?.(open());
      },
    };
  }

  return {
    memory,
    holds: (stripe) => memoryOf(stripe, buffers) >= 0,
    take() {
      if (taken < slotsMax || slotsMax === 0) return open();
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
    async close() {
      closes += 1;
      for (const resolve of waiting.splice(0)) resolve(undefined);
      await workers.close();
    },
  };
}

/** Where the stripes lie. */
function placeOf(
  stripes: readonly CodingStripe[],
  buffers: readonly ArrayBufferLike[],
): Pick<CodingRequest, "memory" | "shardBytes" | "addresses"> {
  const { inputs = [], outputs = [] } = stripes[0] ?? {};
  const addresses = new Uint32Array(stripes.length * (inputs.length + outputs.length));
  let memory = -1;
  let filled = 0;
  let before: CodingStripe | undefined;
  for (const stripe of stripes) {
    if (stripe !== before) {
      const here = memoryOf(stripe, buffers);
      assert(here >= 0 && (memory === -1 || memory === here), "stripes lie in one memory of the pool");
      memory = here;
      before = stripe;
    }
    for (const { byteOffset } of stripe.inputs) addresses[filled++] = byteOffset;
    for (const { byteOffset } of stripe.outputs) addresses[filled++] = byteOffset;
  }
  return { memory, shardBytes: outputs[0]?.length ?? 0, addresses };
}

/** The number of the memory in which all buffers lie, -1 for none. */
function memoryOf({ inputs, outputs }: CodingStripe, buffers: readonly ArrayBufferLike[]): number {
  const buffer = (outputs[0] ?? inputs[0])?.buffer;
  const isThere = (view: Uint8Array) => view.buffer === buffer;
  if (buffer === undefined || !inputs.every(isThere) || !outputs.every(isThere)) return -1;
  return buffers.indexOf(buffer);
}

function failure(state: string): JcsError {
  return new JcsError("Unexpected", `Cannot code on a worker thread: ${state}`);
}
