/** Most bytes that lie ready for the next taker. */
const FREE_BYTES_MAX = 64 * 1024 * 1024;

/** Buffers of these lengths are kept; the kernel's work of making fresh memory costs more than copying into used one. */
const POOLED_BYTES_MIN = 64 * 1024;
const POOLED_BYTES_MAX = 4 * 1024 * 1024;

/** Owners of the pooled buffers in use. A buffer that nobody gives back is collected like any other. */
const owners = new WeakMap<ArrayBufferLike, number>();
const free = new Map<number, ArrayBuffer[]>();
let freeBytes = 0;
let poison = false;

/** A buffer for one chunk of a stream, its content undefined; the caller is its one owner.
 *
 *  Chunks are passed from owner to owner without being copied, and nobody changes one that was passed on. The last owner may
 *  {@link giveBack} the chunk, so that its memory is used again; one that is not given back is garbage like any other. */
export function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  const length = pooledLength(bytes);
  if (length === undefined) return new Uint8Array(bytes);
  const buffer = free.get(length)?.pop();
  if (buffer) freeBytes -= length;
  const taken = buffer ?? new ArrayBuffer(length);
  owners.set(taken, 1);
  return new Uint8Array(taken, 0, bytes);
}

/** Says that the memory of `chunk` has `more` owners besides the caller from now on: views of it go different ways. */
export function shareBuffer(chunk: Uint8Array, more: number): void {
  const count = owners.get(chunk.buffer);
  if (count !== undefined) owners.set(chunk.buffer, count + more);
}

/** Gives up the caller's ownership of `chunk` (which may be a view of what was taken): it must not look at it again, and must not have passed
 *  it on. The last owner's call makes the memory free. Nothing happens to chunks from elsewhere. */
export function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  const count = owners.get(buffer);
  if (count === undefined) return;
  if (count > 1) {
    owners.set(buffer, count - 1);
    return;
  }
  owners.delete(buffer);
  if (poison) new Uint8Array(buffer).fill(0xdb);
  if (freeBytes + buffer.byteLength > FREE_BYTES_MAX) return;
  const list = free.get(buffer.byteLength) ?? [];
  free.set(buffer.byteLength, list);
  list.push(buffer as ArrayBuffer);
  freeBytes += buffer.byteLength;
}

/** For tests: overwrites memory that becomes free, so that whoever still looks at it is found out. */
export function poisonFreeBuffers(on: boolean): void {
  poison = on;
}

/** The length of the pooled buffer that holds `bytes`: a power of two, less than twice as long; `undefined` when it is not worth it. */
function pooledLength(bytes: number): number | undefined {
  if (bytes <= POOLED_BYTES_MIN / 2 || bytes > POOLED_BYTES_MAX) return undefined;
  let length = POOLED_BYTES_MIN;
  while (length < bytes) length *= 2;
  return length;
}
