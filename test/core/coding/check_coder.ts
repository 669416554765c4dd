import { Buffer } from "node:buffer";
import type { Code } from "../../../core/coding/code.ts";
import { CODING_WORKER_URL, createCoder } from "../../../core/coding/coder.ts";
import { type CodingPool, createCodingPool } from "../../../core/coding/coding_pool.ts";
import { createCode } from "../../../core/coding/create_code.ts";
import { createLocalCode } from "../../../core/coding/create_local_code.ts";
import { giveBack, poolMemory, takeBuffer } from "../../../ioswitch/buffer_pool.ts";
import { patternBytes } from "./golden_vectors.ts";

const STRIPES = 12;

/** Codes several stripes on `workers` worker threads and compares each with what this thread computes, in whatever runtime runs this. Throws at
 *  the first that is wrong, and when no worker took part or memory was not given back. */
export async function checkCoder(workers: number): Promise<void> {
  const pool = createCodingPool({
    url: CODING_WORKER_URL,
    workersMax: workers,
    memoryBytes: 32 << 20,
    memories: [poolMemory()],
  });
  try {
    await waitForWorkers(pool, workers);
    const wide = createCode({ dataShards: 20, parityShards: 4 });
    const local = createLocalCode({ dataShards: 12, localParities: 2, globalParities: 2 });
    const narrow = createCode({ dataShards: 4, parityShards: 2 });
    await checkCode(wide, { pool, lost: [20, 21, 22, 23] });
    await checkCode(wide, { pool, lost: [0, 7, 22] });
    await checkCode(local, { pool, lost: [0, 1, 15] });
    await checkCode(narrow, { pool, lost: [0, 5], place: "leased" });
    await checkCode(narrow, { pool, lost: [4, 5], place: "pooled" });
    if (pool.memory.bytesInUse !== 0)
      throw new Error(`Cannot confirm: ${pool.memory.bytesInUse} bytes leased`);
  } finally {
    await pool.close();
  }
}

/** Resolves when `workers` workers have a place each. */
export async function waitForWorkers(pool: CodingPool, workers: number): Promise<void> {
  const slots = [];
  while (slots.length < workers) {
    const slot = await pool.take();
    if (slot === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    else slots.push(slot);
  }
  for (const slot of slots) slot.release();
}

async function checkCode(
  code: Code,
  options: {
    readonly pool: CodingPool;
    readonly lost: readonly number[];
    readonly place?: "leased" | "pooled";
  },
): Promise<void> {
  const { lost } = options;
  let jobs = 0;
  const pool: CodingPool = {
    ...options.pool,
    take() {
      jobs += 1;
      return options.pool.take();
    },
  };
  const all = Array.from({ length: code.dataShards + code.parityShards }, (_, shard) => shard);
  const present = all.filter((shard) => !lost.includes(shard));
  const coder = createCoder({ code, present, wanted: lost, pool });
  const rebuild = code.rebuild(present, lost);
  const shardBytes = 128 * 1024;
  const ended: number[] = [];
  const data = patternBytes(`${code.name} ${lost}`, 2 * shardBytes);
  const calls = Array.from({ length: STRIPES }, async (_, stripe) => {
    const count = rebuild.inputs.length + lost.length;
    const lease = options.place === "leased" ? pool.memory.lease(count, shardBytes) : undefined;
    const make = options.place === "pooled" ? takeBuffer : (bytes: number) => new Uint8Array(bytes);
    const buffers = lease?.buffers ?? Array.from({ length: count }, () => make(shardBytes));
    const inputs = buffers.slice(0, rebuild.inputs.length);
    const outputs = buffers.slice(rebuild.inputs.length);
    for (const [index, input] of inputs.entries()) {
      const start = (stripe * 997 + index * 4099) % shardBytes;
      input.set(data.subarray(start, start + shardBytes));
    }
    await coder.run(inputs, outputs);
    ended.push(stripe);
    const expected = outputs.map(() => new Uint8Array(shardBytes));
    rebuild.run(
      inputs.map((input) => Uint8Array.from(input)),
      expected,
    );
    for (const [index, output] of outputs.entries()) {
      if (Buffer.compare(output, expected[index]!) !== 0)
        throw new Error(
          `Cannot confirm shard ${lost[index]} of stripe ${stripe} of ${code.name}: it differs`,
        );
    }
    lease?.release();
    buffers.forEach(giveBack);
  });
  await Promise.all(calls);
  if (jobs === 0) throw new Error(`Cannot confirm ${code.name}: no worker was asked`);
  if (ended.some((stripe, index) => stripe !== index))
    throw new Error(`Cannot confirm the order of ${code.name}: ${ended.join()}`);
}
