import { assert } from "../assert.ts";

/** Length of the trailer, the last bytes of every block. */
export const TRAILER_BYTES = 32;

/** The version of the block format that is written, and the newest that is read. */
export const BLOCK_FORMAT_VERSION = 1;

const MAGIC = new TextEncoder().encode("JCSBLOCK");

/** The end of a block: how to find and check what stands before it. */
export interface Trailer {
  readonly tableBytes: number;
  readonly descriptorBytes: number;
  /** CRC-32 of checksum table and descriptor, one after the other. */
  readonly checksum: number;
}

/** What {@link decodeTrailer} found. `reason` completes the sentence "Cannot read …: "; `newer`: this program is too old for it. */
export type DecodedTrailer =
  | ({ readonly kind: "trailer" } & Trailer)
  | { readonly kind: "corrupt"; readonly reason: string }
  | { readonly kind: "newer"; readonly reason: string };

/** The trailer as 32 bytes, all numbers little-endian:
 *  `tableBytes u64 · descriptorBytes u32 · checksum u32 · version u16 · flags u16 · reserved u32 · "JCSBLOCK"`. */
export function encodeTrailer(trailer: Trailer): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(trailer.tableBytes), true);
  view.setUint32(8, trailer.descriptorBytes, true);
  view.setUint32(12, trailer.checksum, true);
  view.setUint16(16, BLOCK_FORMAT_VERSION, true);
  bytes.set(MAGIC, 24);
  return bytes;
}

/** Reads what {@link encodeTrailer} made. Requires exactly {@link TRAILER_BYTES} bytes. Never throws. */
export function decodeTrailer(bytes: Uint8Array): DecodedTrailer {
  assert(bytes.length === TRAILER_BYTES, "a trailer has 32 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!MAGIC.every((byte, index) => bytes[24 + index] === byte)) {
    return { kind: "corrupt", reason: "it does not end like a block" };
  }
  const version = view.getUint16(16, true);
  const flags = view.getUint16(18, true);
  if (version > BLOCK_FORMAT_VERSION || flags !== 0) {
    const what = version > BLOCK_FORMAT_VERSION ? `format version ${version}` : `format flags ${flags}`;
    return { kind: "newer", reason: `${what} is not known to this program. Use a newer jcs` };
  }
  if (version === 0 || view.getUint32(20, true) !== 0) {
    return { kind: "corrupt", reason: "the trailer is damaged" };
  }
  return {
    kind: "trailer",
    tableBytes: Number(view.getBigUint64(0, true)),
    descriptorBytes: view.getUint32(8, true),
    checksum: view.getUint32(12, true),
  };
}
