import { shareBuffer } from "../../ioswitch/buffer_pool.ts";
import { unlessAborted } from "../bytes/unless_aborted.ts";
import type { PutSource } from "../client.ts";
import { SMALL_SOURCE_BYTES_MAX } from "../limits.ts";
import { cancelled } from "./run_transfer.ts";

/** Learns what can be learnt of a source of unknown size before anything is decided: a short one is kept in memory, has a size from then on
 *  and can be read again; a longer one goes on from what was read of it. Others are left as they are.
 *
 *  Throws `Cancelled` as soon as `signal` is aborted, also while the source hangs; it is told to end then. */
export async function settleSource(source: PutSource, signal?: AbortSignal): Promise<PutSource> {
  if (source.reopenable || source.size !== undefined) return source;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const iterator = source.open()[Symbol.asyncIterator]();
  const error = () => {
    Promise.resolve(iterator.return?.()).catch(() => undefined);
    return cancelled("read the source");
  };
  while (bytes < SMALL_SOURCE_BYTES_MAX) {
    const result = await unlessAborted(() => iterator.next(), { signal, error });
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
