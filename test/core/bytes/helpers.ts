import type { ByteStream } from "../../../core/bytes/byte_stream.ts";

/** A source for tests: yields `chunks`, then fails with `error` if there is one; counts what was taken and whether it was let go. */
export function testSource(
  chunks: readonly Uint8Array[],
  error?: Error,
): { readonly stream: ByteStream; readonly taken: () => number; readonly cancelled: () => boolean } {
  let taken = 0;
  let cancelled = false;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const chunk = chunks[taken];
      if (chunk !== undefined) {
        taken += 1;
        return { done: false, value: chunk };
      }
      if (error !== undefined) throw error;
      return { done: true, value: undefined };
    },
    async return() {
      cancelled = true;
      return { done: true, value: undefined };
    },
  };
  return {
    stream: { [Symbol.asyncIterator]: () => iterator },
    taken: () => taken,
    cancelled: () => cancelled,
  };
}

/** `length` bytes that depend on `seed` and differ from their neighbours. */
export function patternBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** `bytes` cut into pieces whose lengths are taken from `lengths` in turn; without a copy. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? bytes.length);
    pieces.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return pieces;
}

/** All chunks of a stream, as they came. */
export async function chunksOf(stream: ByteStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
