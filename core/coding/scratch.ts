/** The memory through which buffers go that are not in WebAssembly memory themselves: one slot for each shard. Private to a thread,
 *  and used only within one synchronous call. */
export interface Scratch {
  readonly memory: WebAssembly.Memory;
  /** The first byte of each slot. */
  readonly addresses: readonly number[];
  /** The slots' bytes. */
  readonly slots: readonly Uint8Array[];
}

/** Bytes of a shard that are in work at once: all shards of a common code fit in a second-level cache. */
export const PIECE_BYTES = 16 * 1024;

/** Distance between slots: not a multiple of 4 KiB, or else the same offset of all shards would compete for few cache lines. */
export const SLOT_BYTES = PIECE_BYTES + 320;

const PAGE_BYTES = 65_536;

let current: Scratch | undefined;

/** Scratch with at least `slotCount` slots. Grows to the largest code in use, about 4 MiB for 255 shards. */
export function scratchFor(slotCount: number): Scratch {
  if (current === undefined || current.slots.length < slotCount)
    current = makeScratch(Math.max(slotCount, 16));
  return current;
}

function makeScratch(slotCount: number): Scratch {
  const pages = Math.ceil((slotCount * SLOT_BYTES) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const addresses = Array.from({ length: slotCount }, (_, slot) => slot * SLOT_BYTES);
  return {
    memory,
    addresses,
    slots: addresses.map((address) => new Uint8Array(memory.buffer, address, PIECE_BYTES)),
  };
}
