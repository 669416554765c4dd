import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { CACHE_CHUNK_BYTES } from "../../limits.ts";
import { objectStream } from "../object_stream.ts";
import type { ObjectStream } from "../store.ts";

/** Saves of one stream that may be under way at the same time. */
const SAVES_MAX = 4;

/** Where the chunks of one version of an object come from and go to. */
export interface ChunkSource {
  readonly etag: string | undefined;
  /** Throws when the caller has cancelled. */
  check(): void;
  load(index: number): Promise<Uint8Array | undefined>;
  save(index: number, bytes: Uint8Array): Promise<void>;
  /** The service's own stream of the same version, from the beginning of a chunk on, `length` bytes or to the end. */
  open(offset: number, length: number): Promise<ByteStream>;
  /** Bytes of the object, if that can be known. */
  size(): Promise<number | undefined>;
}

/** A range of an object: from the cache as far as that goes, the rest from the service in one request, and into the cache. Resolves when the first
 *  chunk is there or the service has answered. */
export async function cachedStream(
  source: ChunkSource,
  range: { readonly offset: number; readonly length: number },
): Promise<ObjectStream> {
  let position = range.offset;
  let end = range.offset + range.length;
  const indexOf = (offset: number) => Math.floor(offset / CACHE_CHUNK_BYTES);
  const startFilling = async () => {
    const offset = indexOf(position) * CACHE_CHUNK_BYTES;
    const length = Math.ceil(end / CACHE_CHUNK_BYTES) * CACHE_CHUNK_BYTES - offset;
    return fill(source, { offset, length, stream: await source.open(offset, length) });
  };
  let held = range.length === 0 ? undefined : await source.load(indexOf(position));
  let filling = held === undefined && range.length > 0 ? await startFilling() : undefined;
  let closed = false;

  /** What of the cached chunk was asked for; a short chunk is the last. */
  const partOf = (chunk: Uint8Array): Uint8Array | undefined => {
    const chunkOffset = indexOf(position) * CACHE_CHUNK_BYTES;
    if (chunk.length < CACHE_CHUNK_BYTES) end = Math.min(end, chunkOffset + chunk.length);
    const part = chunk.subarray(position - chunkOffset, Math.max(end - chunkOffset, 0));
    position += part.length;
    return part.length === 0 ? undefined : part;
  };

  return objectStream({
    etag: source.etag,
    async pull() {
      while (position < end && filling === undefined) {
        source.check();
        const chunk = held ?? (await source.load(indexOf(position)));
        held = undefined;
        if (chunk !== undefined) return partOf(chunk);
        if (closed) return undefined;
        const opened = await startFilling();
        filling = opened;
        // The reader may have gone while the service answered.
        if (closed) await opened.close();
      }
      for (;;) {
        const next = await filling?.next();
        if (next === undefined) return undefined;
        const from = Math.max(position - next.offset, 0);
        const part = next.bytes.subarray(from, Math.max(end - next.offset, 0));
        if (part.length === 0) {
          giveBack(next.bytes);
          continue;
        }
        position += part.length;
        return part;
      }
    },
    async close() {
      closed = true;
      await filling?.close();
    },
  });
}

/** Hands on what a stream gives and saves each chunk that it completes. */
function fill(
  source: ChunkSource,
  opened: { readonly offset: number; readonly length: number; readonly stream: ByteStream },
) {
  const iterator = opened.stream[Symbol.asyncIterator]();
  let position = opened.offset;
  let chunk = new Uint8Array(CACHE_CHUNK_BYTES);
  const saving = new Set<Promise<void>>();
  const save = async (index: number, bytes: Uint8Array) => {
    const work = source.save(index, bytes).finally(() => saving.delete(work));
    saving.add(work);
    if (saving.size >= SAVES_MAX) await Promise.race(saving);
  };
  const add = async (bytes: Uint8Array) => {
    let rest = bytes;
    while (rest.length > 0) {
      const filled = position % CACHE_CHUNK_BYTES;
      const piece = rest.subarray(0, CACHE_CHUNK_BYTES - filled);
      chunk.set(piece, filled);
      rest = rest.subarray(piece.length);
      position += piece.length;
      if (position % CACHE_CHUNK_BYTES !== 0) continue;
      await save(position / CACHE_CHUNK_BYTES - 1, chunk);
      chunk = new Uint8Array(CACHE_CHUNK_BYTES);
    }
  };
  /** The object ended, or the stream only broke off: the size tells. */
  const addLast = async () => {
    if (position >= opened.offset + opened.length || (await source.size()) !== position) return;
    const filled = position % CACHE_CHUNK_BYTES;
    await save((position - filled) / CACHE_CHUNK_BYTES, chunk.subarray(0, filled));
  };
  return {
    async next(): Promise<{ readonly offset: number; readonly bytes: Uint8Array } | undefined> {
      const result = await iterator.next();
      if (result.done !== true) {
        const offset = position;
        await add(result.value);
        return { offset, bytes: result.value };
      }
      await addLast();
      await Promise.all(saving);
      return undefined;
    },
    async close() {
      await iterator.return?.();
      await Promise.all(saving);
    },
  };
}
