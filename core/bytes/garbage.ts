/** Who collects garbage, and after how much of it. */
export interface GarbageCollector {
  readonly afterBytes: number;
  collect(): void;
}

let collector: GarbageCollector | undefined;
let notedBytes = 0;

/** Has `collector` called whenever so many bytes of garbage were noted; `undefined` for nobody, as it is at first. */
export function setGarbageCollector(next: GarbageCollector | undefined): void {
  collector = next;
  notedBytes = 0;
}

/** Says that buffers of `bytes` in all were made, or soon will be, that nobody gives back: those that libraries and sockets hand out or copy.
 *  JavaScriptCore does not count them, and would let hundreds of megabytes lie. */
export function noteGarbage(bytes: number): void {
  if (collector === undefined) return;
  notedBytes += bytes;
  if (notedBytes < collector.afterBytes) return;
  notedBytes = 0;
  collector.collect();
}

/** Takes back what {@link noteGarbage} was told: buffers of `bytes` in all were given back after all. */
export function noteFreed(bytes: number): void {
  notedBytes = Math.max(0, notedBytes - bytes);
}
