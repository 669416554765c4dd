import type { GaloisField } from "./galois_field.ts";
import type { Matrix } from "./matrix.ts";
import { blockBytesOf, WORD_BYTES } from "./word_layout.ts";

/** Computes outputs = rows · inputs, straight from the definition of the format and as slowly as that is: the yardstick that
 *  tests hold every fast path against, never used at run time.
 *
 *  A shard is a sequence of blocks of `field.bits` words of 64 bytes. Bit b of byte p of all words of a block together is one field
 *  element, with the bit from word i as its bit i.
 *  Requires: buffers of one length, a multiple of `64 · field.bits`; one input per column, one output per row. */
export function referenceCode(
  field: GaloisField,
  rows: Matrix,
  buffers: { readonly inputs: readonly Uint8Array[]; readonly outputs: readonly Uint8Array[] },
): void {
  const { inputs, outputs } = buffers;
  const blockBytes = blockBytesOf(field.bits);
  const lengthBytes = (inputs[0] ?? outputs[0])?.length ?? 0;
  for (const output of outputs) output.fill(0);
  for (let block = 0; block < lengthBytes; block += blockBytes) {
    for (let byte = block; byte < block + WORD_BYTES; byte += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const elements = inputs.map((input) => gather(field, input, byte, bit));
        rows.forEach((row, index) => {
          const sum = row.reduce(
            (total, factor, column) => total ^ field.multiply(factor, elements[column]!),
            0,
          );
          scatter(field, outputs[index]!, { byte, bit, element: sum });
        });
      }
    }
  }
}

function gather(field: GaloisField, shard: Uint8Array, byte: number, bit: number): number {
  let element = 0;
  for (let word = 0; word < field.bits; word += 1) {
    element |= ((shard[byte + word * WORD_BYTES]! >> bit) & 1) << word;
  }
  return element;
}

function scatter(
  field: GaloisField,
  shard: Uint8Array,
  place: { readonly byte: number; readonly bit: number; readonly element: number },
): void {
  for (let word = 0; word < field.bits; word += 1) {
    shard[place.byte + word * WORD_BYTES]! |= ((place.element >> word) & 1) << place.bit;
  }
}
