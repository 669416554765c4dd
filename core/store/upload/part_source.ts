import { giveBack, shareBuffer } from "../../../ioswitch/buffer_pool.ts";
import type { Body } from "../take_body.ts";

/** The body of a write, cut into parts. */
export interface PartSource {
  /** The next part: `partBytes` bytes, fewer only in the last one, `undefined` at the end. */
  next(partBytes: number): Promise<Uint8Array | undefined>;
  /** Gives a part's memory back, to be used for a later one. Only when nobody reads it any more. */
  recycle(part: Uint8Array): void;
}

/** A source that need not be cut. */
export interface PieceSource extends PartSource {
  /** The next bytes as they lie at hand, or `undefined` at the end; they belong to the caller, who gives them back to the pool. */
  piece(): Promise<Uint8Array | undefined>;
}

/** Cuts a body that lies in memory. Its parts are views: nothing is copied. */
export function partsOfBytes(bytes: Uint8Array): PieceSource {
  let position = 0;
  return {
    async next(partBytes) {
      if (position === bytes.length) return undefined;
      const part = bytes.subarray(position, position + partBytes);
      position += part.length;
      return part;
    },
    async piece() {
      if (position === bytes.length) return undefined;
      const rest = bytes.subarray(position);
      shareBuffer(rest, 1);
      position = bytes.length;
      return rest;
    },
    recycle() {},
  };
}

/** Gathers the chunks of a stream into parts. Holds the memory of the parts that are in use, and no more. */
export function partsOfStream(body: Body): PieceSource {
  const spare: ArrayBufferLike[] = [];
  let rest: Uint8Array | undefined;
  return {
    async next(partBytes) {
      rest ??= await body.next();
      if (rest === undefined) return undefined;
      const memory = spare.pop();
      const part = new Uint8Array(memory?.byteLength === partBytes ? memory : new ArrayBuffer(partBytes));
      let filled = 0;
      while (filled < partBytes) {
        rest ??= await body.next();
        if (rest === undefined) return part.subarray(0, filled);
        const piece = rest.subarray(0, partBytes - filled);
        part.set(piece, filled);
        filled += piece.length;
        const left = rest.subarray(piece.length);
        if (left.length === 0) giveBack(rest);
        rest = left.length === 0 ? undefined : left;
      }
      return part;
    },
    async piece() {
      const piece = rest ?? (await body.next());
      rest = undefined;
      return piece;
    },
    recycle(part) {
      spare.push(part.buffer);
    },
  };
}
