import type { Json } from "./json.ts";
import type { NodeId } from "./plan.ts";
import type { Transport } from "./transport.ts";
import type { Worker } from "./worker.ts";

/** A {@link Transport} between nodes in one process. */
export interface MemoryTransport extends Transport {
  /** Makes `worker` reachable. Throws when there is one of that name. */
  join(worker: Worker): void;
  /** Makes the worker called `node` unreachable; what runs there goes on. */
  leave(node: NodeId): void;
}

/** Makes a transport that reaches nobody yet. Streams are handed over, plans and values copied. */
export function createMemoryTransport(): MemoryTransport {
  const workers = new Map<NodeId, Worker>();
  function reach(node: NodeId): Worker {
    const worker = workers.get(node);
    if (worker === undefined) throw new Error(`Cannot reach node "${node}": it is not known`);
    return worker;
  }
  return {
    get nodes() {
      return workers.keys();
    },
    join(worker) {
      if (workers.has(worker.node)) throw new Error(`Cannot add node "${worker.node}": there is one already`);
      workers.set(worker.node, worker);
    },
    leave: (node) => void workers.delete(node),
    execute: async (plan, options) => await reach(plan.node).execute(structuredClone(plan), options),
    sendStream: async (to, address, stream, options) => await reach(to).offerStream(address, stream, options),
    sendValue: async (to, address, value, options) =>
      await reach(to).offerValue(address, copy(value), options),
    fetchStream: async (from, address, options) => await reach(from).takeStream(address, options),
    fetchValue: async (from, address, options) => copy(await reach(from).takeValue(address, options)),
    cancel: async (node, run, reason) => reach(node).cancel(run, reason),
  };
}

function copy(value: Json): Json {
  return structuredClone(value);
}
