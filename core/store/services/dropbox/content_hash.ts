import { createHash } from "node:crypto";

/** Bytes of one block of the hash; parts of uploads are multiples of it, so that no block lies in two parts. */
export const HASH_BLOCK_BYTES = 4 * 1024 * 1024;

/** Dropbox's hash of a content: the SHA-256 of the SHA-256s of its blocks of 4 MiB. Requires that every part but the last is a multiple of that.
 *  Source: https://www.dropbox.com/developers/reference/content-hash */
export interface ContentHash {
  /** Adds a part and gives the hash of this part alone, in hexadecimal digits. */
  add(part: Uint8Array): string;
  /** The hash of all parts. Nothing may be added afterwards. */
  end(): string;
}

/** Begins the hash of a content. */
export function contentHash(): ContentHash {
  const whole = createHash("sha256");
  return {
    add(part) {
      const own = createHash("sha256");
      for (let start = 0; start < part.length; start += HASH_BLOCK_BYTES) {
        const block = createHash("sha256")
          .update(part.subarray(start, start + HASH_BLOCK_BYTES))
          .digest();
        own.update(block);
        whole.update(block);
      }
      return own.digest("hex");
    },
    end: () => whole.digest("hex"),
  };
}
