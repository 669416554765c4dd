const WIDTH_BITS = 160;
const WIDTH_BYTES = WIDTH_BITS / 8;
const SHIFT_BITS = 11;
/** Bytes so far apart fall on the same bits: 160 shifts of 11 bits go round 11 times. */
const PERIOD_BYTES = WIDTH_BITS;
const PERIOD_WORDS = PERIOD_BYTES / 4;

/** Computes the checksum that OneDrive and SharePoint keep of every file. It finds damage, not malice.
 *
 *  Byte number `i` is combined by exclusive or into 160 bits, beginning at bit `11 × i` and going round; the length goes into the last 64 bits.
 *  Source: Microsoft, OneDrive documentation, "Code Snippets: QuickXorHash Algorithm". */
export interface QuickXorHash {
  /** Takes the next bytes. */
  update(bytes: Uint8Array): void;
  /** The checksum of what was taken so far, in Base64, as the service writes it. */
  digest(): string;
}

/** Starts the checksum of nothing. */
export function quickXorHash(): QuickXorHash {
  // All bytes that fall on the same bits, combined: they are shifted only once, in the end.
  const words = new Uint32Array(PERIOD_WORDS);
  const columns = new Uint8Array(words.buffer);
  let taken = 0;
  return {
    update(bytes) {
      let at = 0;
      while (at < bytes.length && (taken + at) % PERIOD_BYTES !== 0) combine(columns, taken, bytes, at++);
      const rows = Math.floor((bytes.length - at) / PERIOD_BYTES);
      combineRows(words, bytes.subarray(at, at + rows * PERIOD_BYTES));
      for (at += rows * PERIOD_BYTES; at < bytes.length; at++) combine(columns, taken, bytes, at);
      taken += bytes.length;
    },
    digest() {
      const hash = Buffer.alloc(WIDTH_BYTES);
      for (const [column, byte] of columns.entries()) {
        const bit = (column * SHIFT_BITS) % WIDTH_BITS;
        const place = bit >> 3;
        const next = (place + 1) % WIDTH_BYTES;
        const spread = byte << (bit & 7);
        hash[place] = hash[place]! ^ (spread & 0xff);
        hash[next] = hash[next]! ^ (spread >> 8);
      }
      const lengthAt = WIDTH_BYTES - 8;
      hash.writeBigUInt64LE(hash.readBigUInt64LE(lengthAt) ^ BigInt(taken), lengthAt);
      return hash.toString("base64");
    },
  };
}

function combine(columns: Uint8Array, taken: number, bytes: Uint8Array, at: number): void {
  const column = (taken + at) % PERIOD_BYTES;
  columns[column] = columns[column]! ^ bytes[at]!;
}

/** Combines whole periods, four bytes at a time; both sides have the machine's order of bytes. */
function combineRows(words: Uint32Array, rows: Uint8Array): void {
  const isAligned = rows.byteOffset % 4 === 0;
  // A copy costs less than going byte by byte.
  const bytes = isAligned ? rows : new Uint8Array(rows);
  const source = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let row = 0; row < source.length; row += PERIOD_WORDS) {
    for (let word = 0; word < PERIOD_WORDS; word++) words[word] = words[word]! ^ source[row + word]!;
  }
}
