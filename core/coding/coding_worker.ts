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
  const shardMemory = memories[memory]!;
  // Only long computations come here: their kernel is compiled before the first stripe. Afterwards this is a look into a map.
  rebuild.prepare(shardMemory);
  const { buffer } = shardMemory;
  const inputCount = rebuild.inputs.length;
  const shardCount = inputCount + rebuild.outputs.length;
  let stripe: readonly Uint8Array[] = [];
  let inputs = stripe;
  let outputs = stripe;
  for (let first = 0; first < addresses.length; first += shardCount) {
    // Making views takes as long as computing some kilobytes: a stripe that comes again keeps its own.
    if (!liesAt(stripe, addresses, first)) {
      const next = addresses.subarray(first, first + shardCount);
      stripe = Array.from(next, (address) => new Uint8Array(buffer, address, shardBytes));
      inputs = stripe.slice(0, inputCount);
      outputs = stripe.slice(inputCount);
    }
    rebuild.run(inputs, outputs);
  }
}

function liesAt(stripe: readonly Uint8Array[], addresses: Uint32Array, first: number): boolean {
  for (let index = 0; index < stripe.length; index += 1) {
    if (stripe[index]!.byteOffset !== addresses[first + index]) return false;
  }
  return stripe.length > 0;
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
