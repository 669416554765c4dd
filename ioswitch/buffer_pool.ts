/** Bytes of one slot, and so of the largest buffer that comes from the pool. */
const SLOT_BYTES = 1024 * 1024;

/** Distance between slots: not a multiple of 4 KiB, or else the same offset of all slots would compete for the same few cache lines. */
const SLOT_STRIDE_BYTES = SLOT_BYTES + 320;

const SLOTS = 64;
const PAGE_BYTES = 65_536;

/** Shorter buffers are not worth a slot. */
const POOLED_BYTES_MIN = 32 * 1024;

/** The memory of the pool: made when it is first needed, its pages taken from the system when they are first written. */
let memory: WebAssembly.Memory | undefined;
/** How many owners each slot has; 0 is free. */
const owners = new Uint16Array(SLOTS);
/** Free slots; the one given back last is taken first, while the cache still holds it. */
const free = Array.from({ length: SLOTS }, (_, slot) => SLOTS - 1 - slot);
/** Memory of others that is given back as the pool's own is. */
const adopted = new WeakMap<ArrayBufferLike, { owners: number; readonly onFree: (bytes: number) => void }>();
let poison = false;

/** A buffer for one chunk of a stream, its content undefined; the caller is its one owner.
 *
 *  Chunks are passed from owner to owner without being copied, and nobody changes one that was passed on. The last owner gives it back
 *  ({@link giveBack}), so that its memory is used again: the kernel's work of making fresh memory costs more than copying into used one. When
 *  the pool is empty, or the buffer too long or too short for it, it is ordinary memory, which may be given back too and is
 *  collected like any other. A pooled one that nobody gives back is lost to the pool, and nothing worse.
 *
 *  Pooled buffers are views of one shared WebAssembly memory, so that kernels and workers can use them where they are. */
export function takeBuffer(bytes: number): Uint8Array {
  if (bytes < POOLED_BYTES_MIN || bytes > SLOT_BYTES) return new Uint8Array(bytes);
  const slot = free.pop();
  if (slot === undefined) return new Uint8Array(bytes);
  owners[slot] = 1;
  return new Uint8Array(poolMemory().buffer, slot * SLOT_STRIDE_BYTES, bytes);
}

/** Makes a chunk that came from elsewhere one that is given back like those of the pool; the caller is its one owner. Its memory goes back to the
 *  system's allocator at once then, which gives it out again while the cache still holds it; the garbage collector, who is not told how
 *  large such buffers are, would let hundreds of megabytes of them lie. `onFree` is told the bytes of the memory when that happens.
 *
 *  Only for memory that `chunk` covers from end to end and that nobody else looks at: it is detached, so that views of it become empty. */
export function adoptBuffer(chunk: Uint8Array, onFree: (bytes: number) => void): void {
  adopted.set(chunk.buffer, { owners: 1, onFree });
}

/** Says that the memory of `chunk` has `more` owners besides the caller from now on: views of it go different ways. */
export function shareBuffer(chunk: Uint8Array, more: number): void {
  if (isPooled(chunk)) owners[slotOf(chunk)]! += more;
  else {
    const known = adopted.get(chunk.buffer);
    if (known !== undefined) known.owners += more;
  }
}

/** Gives up the caller's ownership of `chunk` (which may be a view of what was taken): it must not look at it again, not even at its length, and must not have passed
 *  it on. The last owner's call makes the memory free. Nothing happens to chunks that are neither of the pool nor adopted. */
export function giveBack(chunk: Uint8Array): void {
  if (chunk.length === 0) return;
  if (!isPooled(chunk)) {
    releaseAdopted(chunk.buffer);
    return;
  }
  const slot = slotOf(chunk);
  const count = owners[slot]!;
  if (count === 0) throw new Error("Cannot give back a buffer: nobody owns it");
  owners[slot] = count - 1;
  if (count > 1) return;
  if (poison) new Uint8Array(chunk.buffer, slot * SLOT_STRIDE_BYTES, SLOT_BYTES).fill(0xdb);
  free.push(slot);
}

/** Whether `chunk` lies in the pool's memory. */
export function isPooled(chunk: Uint8Array): boolean {
  return memory !== undefined && chunk.buffer === memory.buffer;
}

/** The memory that pooled buffers lie in, for kernels and workers. */
export function poolMemory(): WebAssembly.Memory {
  if (!memory) {
    const pages = Math.ceil((SLOTS * SLOT_STRIDE_BYTES) / PAGE_BYTES);
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  }
  return memory;
}

/** How many slots are free, of how many: for tests of what is given back. */
export function freeSlots(): { readonly free: number; readonly total: number } {
  return { free: free.length, total: SLOTS };
}

/** For tests: overwrites memory that becomes free, so that whoever still looks at it is found out. */
export function poisonFreeBuffers(on: boolean): void {
  poison = on;
}

/** Gives up one ownership of memory that may be adopted. */
function releaseAdopted(memory: ArrayBufferLike): void {
  const known = adopted.get(memory);
  if (known === undefined) return;
  known.owners -= 1;
  if (known.owners > 0) return;
  adopted.delete(memory);
  known.onFree(memory.byteLength);
  (memory as ArrayBuffer).transfer(0);
}

function slotOf(chunk: Uint8Array): number {
  return Math.floor(chunk.byteOffset / SLOT_STRIDE_BYTES);
}
