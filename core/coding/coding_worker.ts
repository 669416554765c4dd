import { parentPort, workerData } from "node:worker_threads";
import { WORKER_READY } from "../worker_pool.ts";
import type { Rebuild } from "./code.ts";
import type { CodingReply, CodingRequest, CodingTask, CodingWorkerData } from "./coding_request.ts";
import { createCode } from "./create_code.ts";
import { createLocalCode } from "./create_local_code.ts";
import { adoptShardMemory } from "./shard_memory.ts";

// The body of a coding worker: computes stripes in the shared memories that it is started with, one request after the other. It is started
// by coding_pool.ts only.

const { memories = [] }: Partial<CodingWorkerData> = workerData ?? {};

function rebuildOf(task: CodingTask): Rebuild {
  const { name, dataShards, parityShards, localParities, present, wanted } = task;
  const code =
    localParities === 0
      ? createCode({ dataShards, parityShards, code: name })
      : createLocalCode({
          dataShards,
          localParities,
          globalParities: parityShards - localParities,
          code: name,
        });
  return code.rebuild(present, wanted);
}

function compute({ task, memory, shardBytes, addresses }: CodingRequest): void {
  const rebuild = rebuildOf(task);
  const { buffer } = memories[memory]!;
  const inputCount = rebuild.inputs.length;
  const shardCount = inputCount + rebuild.outputs.length;
  let buffers: Uint8Array[] = [];
  for (let first = 0; first < addresses.length; first += shardCount) {
    const next = addresses.slice(first, first + shardCount);
    // Making views takes as long as computing some kilobytes: a stripe that comes again keeps its own.
    if (next.some((address, index) => buffers[index]?.byteOffset !== address))
      buffers = next.map((address) => new Uint8Array(buffer, address, shardBytes));
    rebuild.run(buffers.slice(0, inputCount), buffers.slice(inputCount));
  }
}

function answer(request: CodingRequest): CodingReply {
  const { id } = request;
  try {
    compute(request);
    return { id };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

for (const memory of memories) adoptShardMemory(memory);
parentPort?.on("message", (request: CodingRequest) => parentPort?.postMessage(answer(request)));
parentPort?.postMessage(WORKER_READY);
