import { Buffer } from "node:buffer";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { createCode } from "../../../core/coding/create_code.ts";
import { adoptShardMemory, createShardMemory } from "../../../core/coding/shard_memory.ts";
import { patternBytes } from "./golden_vectors.ts";

interface WorkerData {
  readonly memory: WebAssembly.Memory;
  /** Where the shards lie. */
  readonly offsets: readonly number[];
  readonly shardBytes: number;
}

const code = createCode({ dataShards: 4, parityShards: 2, kernels: "unrolled" });

/** Lets a worker encode a stripe that lies in shared shard memory, and compares with what this thread computes on copies. Throws when
 *  they differ. */
export async function checkSharedMemory(): Promise<void> {
  const shardBytes = 64 * 1024;
  const shared = createShardMemory({ bytes: 1024 * 1024, shared: true });
  const { buffers } = shared.lease(6, shardBytes)!;
  const data = buffers.slice(0, 4);
  for (const [shard, buffer] of data.entries()) buffer.set(patternBytes(`shared ${shard}`, shardBytes));
  const request: WorkerData = {
    memory: shared.memory,
    offsets: buffers.map((buffer) => buffer.byteOffset),
    shardBytes,
  };
  const worker = new Worker(new URL(import.meta.url), { workerData: request });
  try {
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
  const expected = [new Uint8Array(shardBytes), new Uint8Array(shardBytes)];
  code.rebuild([0, 1, 2, 3], [4, 5]).run(
    data.map((buffer) => Uint8Array.from(buffer)),
    expected,
  );
  for (const [row, parity] of expected.entries()) {
    if (Buffer.compare(parity, buffers[4 + row]!) !== 0)
      throw new Error(`Cannot confirm parity ${row}: it differs`);
  }
}

/** The worker's side. */
if (!isMainThread && isWorkerData(workerData)) {
  const { memory, offsets, shardBytes } = workerData;
  adoptShardMemory(memory);
  const buffers = offsets.map((offset) => new Uint8Array(memory.buffer, offset, shardBytes));
  code.rebuild([0, 1, 2, 3], [4, 5]).run(buffers.slice(0, 4), buffers.slice(4));
  parentPort?.postMessage("done");
}

function isWorkerData(value: unknown): value is WorkerData {
  return typeof value === "object" && value !== null && "memory" in value && "offsets" in value;
}
