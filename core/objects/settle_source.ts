import { shareBuffer } from "../../ioswitch/buffer_pool.ts";
import type { PutSource } from "../client.ts";
import { SMALL_SOURCE_BYTES_MAX } from "../limits.ts";

/** Learns what can be learnt of a source of unknown size before anything is decided: a short one is kept in memory, has a size from then on
 *  and can be read again; a longer one goes on from what was read of it. Others are left as they are. */
export async function settleSource(source: PutSource): Promise<PutSource> {
  if (source.reopenable || source.size !== undefined) return source;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const iterator = source.open()[Symbol.asyncIterator]();
  while (bytes < SMALL_SOURCE_BYTES_MAX) {
    const result = await iterator.next();
    if (result.done) return { ...source, size: bytes, reopenable: true, open: () => kept(chunks) };
    chunks.push(result.value);
    bytes += result.value.length;
  }
  return { ...source, open: () => continued(chunks, iterator) };
}

async function* kept(chunks: readonly Uint8Array[]) {
  for (const chunk of chunks) {
    // Whoever gets it may give it back; it stays ours.
    shareBuffer(chunk, 1);
    yield chunk;
  }
}

async function* continued(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>) {
  try {
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) yield chunk;
    for (let result = await iterator.next(); !result.done; result = await iterator.next()) yield result.value;
  } finally {
    await iterator.return?.();
  }
}
