import { JcsError } from "../errors.ts";

/** Buffers of one stripe in shard memory, until released. */
export interface ShardLease {
  /** Views of equal length, evenly spaced, contents undefined. */
  readonly buffers: readonly Uint8Array[];
  /** Gives the memory back; the views must not be used afterwards. A second call does nothing. */
  release(): void;
}

/** A fixed amount of WebAssembly memory for shards. Codes compute directly on its views, without copying in and out. */
export interface ShardMemory {
  /** The memory itself; a shared one can be posted to a worker, which calls {@link adoptShardMemory} on it. */
  readonly memory: WebAssembly.Memory;
  readonly bytesTotal: number;
  /** Bytes under lease, spacing included. */
  readonly bytesInUse: number;
  /** Leases `count` buffers of `shardBytes` each; undefined when there is no room for them in one piece: wait for a release, or use
   *  buffers of your own. */
  lease(count: number, shardBytes: number): ShardLease | undefined;
}

const memories = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** The WebAssembly memory that a buffer is known to belong to. */
export function memoryOf(buffer: ArrayBufferLike): WebAssembly.Memory | undefined {
  return memories.get(buffer);
}

/** Makes codes of this thread recognise views of a shared memory that another thread created. */
export function adoptShardMemory(memory: WebAssembly.Memory): void {
  memories.set(memory.buffer, memory);
}

/** Reserves shard memory; pages are taken from the system when first written.
 *
 *  `bytes` is rounded up to 64 KiB, at most 4 GiB less 64 KiB. With `shared`, workers can use it too, but some interfaces refuse views of
 *  shared memory: byte streams of the web, WebCrypto, fetch in Deno. Files, sockets, node:http, node:crypto and zlib take them. Throws
 *  `Usage` for a bad size. */
export function createShardMemory(options: {
  readonly bytes: number;
  readonly shared?: boolean;
}): ShardMemory {
  const pages = Math.ceil(options.bytes / PAGE_BYTES);
  if (!Number.isInteger(pages) || pages < 1 || pages >= PAGES_LIMIT) {
    throw new JcsError(
      "Usage",
      `Cannot create shard memory: ${options.bytes} bytes is not between 1 byte and 4 GiB`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: options.shared ?? false });
  adoptShardMemory(memory);
  const bytesTotal = pages * PAGE_BYTES;
  /** Free ranges in ascending order, never touching one another. */
  const free: Range[] = [{ start: 0, end: bytesTotal }];
  let bytesInUse = 0;

  return {
    memory,
    bytesTotal,
    get bytesInUse() {
      return bytesInUse;
    },
    lease(count, shardBytes) {
      if (!Number.isInteger(count) || !Number.isInteger(shardBytes) || count < 1 || shardBytes < 1) {
        throw new JcsError(
          "Usage",
          `Cannot lease ${count} buffers of ${shardBytes} bytes: both must be whole and positive`,
        );
      }
      const stride = strideOf(shardBytes);
      const range = takeRange(free, count * stride);
      if (range === undefined) return undefined;
      bytesInUse += count * stride;
      let released = false;
      return {
        buffers: Array.from(
          { length: count },
          (_, index) => new Uint8Array(memory.buffer, range.start + index * stride, shardBytes),
        ),
        release() {
          if (released) return;
          released = true;
          bytesInUse -= count * stride;
          giveBack(free, range);
        },
      };
    },
  };
}

const PAGE_BYTES = 65_536;
const PAGES_LIMIT = 65_536;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Distance between buffers of `shardBytes`: a multiple of 64, and no multiple of 4 KiB, or else the same offset of all shards would
 *  compete for the same few cache lines. */
function strideOf(shardBytes: number): number {
  const stride = Math.ceil(shardBytes / 64) * 64;
  return stride % 4096 === 0 ? stride + 320 : stride;
}

/** Takes `bytes` from the first free range that is long enough. */
function takeRange(free: Range[], bytes: number): Range | undefined {
  const index = free.findIndex((range) => range.end - range.start >= bytes);
  const range = free[index];
  if (range === undefined) return undefined;
  const taken = { start: range.start, end: range.start + bytes };
  if (taken.end === range.end) free.splice(index, 1);
  else free[index] = { start: taken.end, end: range.end };
  return taken;
}

/** Puts a range back, joined with free neighbours. */
function giveBack(free: Range[], range: Range): void {
  const after = free.findIndex((other) => other.start > range.start);
  const index = after < 0 ? free.length : after;
  const before = free[index - 1];
  const next = free[index];
  const joinsBefore = before !== undefined && before.end === range.start;
  const joinsNext = next !== undefined && next.start === range.end;
  const joined = { start: joinsBefore ? before.start : range.start, end: joinsNext ? next.end : range.end };
  free.splice(joinsBefore ? index - 1 : index, Number(joinsBefore) + Number(joinsNext), joined);
}
