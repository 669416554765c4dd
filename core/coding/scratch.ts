/** The memory through which buffers go that are not in WebAssembly memory themselves: one slot for each shard, and room for what the
 *  generic kernel reads. Private to a thread, and used only within one synchronous call. */
export interface Scratch {
  readonly memory: WebAssembly.Memory;
  /** The address of each slot: {@link SLOT_BYTES} apart. */
  readonly addresses: readonly number[];
  /** The slots' bytes, {@link PIECE_BYTES} each. */
  readonly slots: readonly Uint8Array[];
  /** A table of the slots' addresses, u32 each. */
  readonly cellsAddress: number;
  /** Room for the generic kernel's coefficients, and for its tables. */
  readonly masksAddress: number;
  readonly tablesAddress: number;
  readonly masks: Uint8Array;
}

/** Most bytes of a shard that are in work at once: all shards of a common code fit in a second-level cache. */
export const PIECE_BYTES = 16 * 1024;

/** Distance between slots: not a multiple of 4 KiB, or else the same offset of all shards would compete for few cache lines. */
export const SLOT_BYTES = PIECE_BYTES + 320;

/** Bytes of a shard to be in work at once in a computation with so many shards; a multiple of every block length. */
export function pieceBytesFor(shardCount: number): number {
  const share = Math.floor(CACHE_BYTES / shardCount / 1024) * 1024;
  return Math.min(PIECE_BYTES, Math.max(2048, share));
}

const CACHE_BYTES = 256 * 1024;
const PAGE_BYTES = 65_536;
const TABLES_BYTES = 2048;
const SLOTS_MIN = 16;
const MASKS_BYTES_MIN = 1024;

let current: Scratch | undefined;

/** Scratch with at least `slotCount` slots and room for `masksBytes` of coefficients. Grows to the largest code in use: about
 *  4 MiB for 255 shards. */
export function scratchFor(slotCount: number, masksBytes: number): Scratch {
  if (current === undefined || current.slots.length < slotCount || current.masks.length < masksBytes) {
    current = makeScratch(
      Math.max(slotCount, current?.slots.length ?? SLOTS_MIN),
      Math.max(masksBytes, current?.masks.length ?? MASKS_BYTES_MIN),
    );
  }
  return current;
}

function makeScratch(slotCount: number, masksBytes: number): Scratch {
  const tablesAddress = 0;
  const cellsAddress = tablesAddress + TABLES_BYTES;
  const masksAddress = cellsAddress + slotCount * 4;
  const slotsAddress = Math.ceil((masksAddress + masksBytes) / 64) * 64;
  const pages = Math.ceil((slotsAddress + slotCount * SLOT_BYTES) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const addresses = Array.from({ length: slotCount }, (_, slot) => slotsAddress + slot * SLOT_BYTES);
  new Int32Array(memory.buffer, cellsAddress, slotCount).set(addresses);
  return {
    memory,
    addresses,
    slots: addresses.map((address) => new Uint8Array(memory.buffer, address, PIECE_BYTES)),
    cellsAddress,
    masksAddress,
    tablesAddress,
    masks: new Uint8Array(memory.buffer, masksAddress, masksBytes),
  };
}
