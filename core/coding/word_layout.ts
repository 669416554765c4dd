/** Bytes in a word of the stored layout: a shard is a sequence of blocks of `bits` words, and one field element has its bit i in
 *  word i of a block, at the same position of all words. FORMAT: never changes. */
export const WORD_BYTES = 64;

/** Bytes in a block of a code over GF(2^bits): shard lengths are multiples of this. */
export function blockBytesOf(bits: 4 | 8): number {
  return bits * WORD_BYTES;
}

/** The bits of a field element in a code with this block length: the inverse of {@link blockBytesOf}. */
export function bitsOfBlock(blockBytes: number): 4 | 8 {
  return blockBytes === blockBytesOf(4) ? 4 : 8;
}
