import { giveBack, shareBuffer, takeBuffer } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";

/** Reads a stream in pieces of the reader's choice. */
export interface ByteReader {
  /** The next 1 to `bytes` bytes, a view of what the stream gave; `undefined` at the end. The caller owns it. */
  atMost(bytes: number): Promise<Uint8Array | undefined>;
  /** The next `bytes` bytes in one piece, fewer only at the end of the stream: a view where the stream gave them in one chunk, else a
   *  copy. The caller owns them. */
  exactly(bytes: number): Promise<Uint8Array>;
  /** Stops the stream; it is not read any more. Idempotent, also after the end. */
  cancel(): Promise<void>;
}

const NOTHING = new Uint8Array(0);

/** Makes a reader of a stream, which must have no other consumer. */
export function createByteReader(stream: ByteStream): ByteReader {
  const iterator = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = NOTHING;
  let ended = false;

  async function atMost(bytes: number): Promise<Uint8Array | undefined> {
    while (rest.length === 0) {
      if (ended) return undefined;
      const result = await iterator.next();
      if (result.done) {
        ended = true;
        return undefined;
      }
      rest = result.value;
    }
    if (rest.length <= bytes) {
      const whole = rest;
      rest = NOTHING;
      return whole;
    }
    const part = rest.subarray(0, bytes);
    shareBuffer(part, 1);
    rest = rest.subarray(bytes);
    return part;
  }

  return {
    atMost,
    async exactly(bytes) {
      const first = await atMost(bytes);
      if (first === undefined) return NOTHING;
      if (first.length === bytes) return first;
      const whole = takeBuffer(bytes);
      whole.set(first);
      let filled = first.length;
      giveBack(first);
      while (filled < bytes) {
        const chunk = await atMost(bytes - filled);
        if (chunk === undefined) return whole.subarray(0, filled);
        whole.set(chunk, filled);
        filled += chunk.length;
        giveBack(chunk);
      }
      return whole;
    },
    async cancel() {
      if (ended) return;
      ended = true;
      giveBack(rest);
      rest = NOTHING;
      await iterator.return?.();
    },
  };
}
