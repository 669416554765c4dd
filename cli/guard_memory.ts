import { setGarbageCollector } from "../core/bytes/garbage.ts";

/** Growth of a small heap since the last collection that starts the next one. */
export const HEAP_GROWTH_BYTES = 2 * 1024 * 1024;

/** The same of a large one, as a share of what the last collection left: to look through it takes as long as it is large. */
export const HEAP_GROWTH_SHARE = 0.5;

/** Growth of the memory outside of the heap that objects in it keep. */
export const BUFFER_GROWTH_BYTES = 8 * 1024 * 1024;

/** Buffers that became garbage since the last collection that start the next one. */
export const GARBAGE_BYTES_MAX = 2 * 1024 * 1024;

const CHECK_EVERY_MS = 100;

/** What is asked of the JavaScript engine. */
export interface Heap {
  /** What objects take, and what they keep outside of the heap: buffers, long texts, the memory of WebAssembly. */
  measure(): { readonly objectBytes: number; readonly bufferBytes: number };
  /** Collects all garbage, at once. */
  collect(): void;
  /** Collects what became garbage lately: in a fraction of a millisecond. */
  collectYoung(): void;
}

/** Keeps garbage from growing with the memory of the machine and the length of a command: JavaScriptCore would let some hundred megabytes of
 *  it lie. Does not keep the process alive. Engines that cannot be asked look after themselves. */
export function guardMemory(heap: Heap | undefined = javaScriptCore()): void {
  if (!heap) return;
  let after = heap.measure();
  const check = () => {
    const now = heap.measure();
    const growthBytes = Math.max(HEAP_GROWTH_BYTES, after.objectBytes * HEAP_GROWTH_SHARE);
    const hasGrown =
      now.objectBytes > after.objectBytes + growthBytes ||
      now.bufferBytes > after.bufferBytes + BUFFER_GROWTH_BYTES;
    if (!hasGrown) return;
    heap.collect();
    after = heap.measure();
  };
  setInterval(check, CHECK_EVERY_MS).unref();
  setGarbageCollector({
    afterBytes: GARBAGE_BYTES_MAX,
    collect() {
      // The figure leaves out most buffers, and a timer would come too late for them.
      heap.collectYoung();
      check();
    },
  });
}

function javaScriptCore(): Heap | undefined {
  if (!("Bun" in globalThis)) return undefined;
  // Loaded by name: Deno, which never comes here, could not even import it.
  const engine = process.getBuiltinModule("bun:jsc") as typeof import("bun:jsc");
  return {
    measure() {
      // Not `heapUsed`: the last collection's figure, of both together.
      const { heapTotal, external } = process.memoryUsage();
      return { objectBytes: heapTotal, bufferBytes: external };
    },
    collect: () => Bun.gc(true),
    collectYoung: () => void engine.edenGC(),
  };
}
