import type { ByteStream } from "../../core/bytes/byte_stream.ts";
import type { Store } from "../../core/store/store.ts";

export { patternBytes as pattern } from "../core/bytes/helpers.ts";

/** What every case of {@link testStore} gets: the store, and a folder that no other case uses. */
export interface StoreBench {
  readonly store: Store;
  /** Ends with a slash. */
  readonly folder: string;
}

/** The bytes of an object, whole or a range of it. */
export async function readAll(
  store: Store,
  path: string,
  options?: Parameters<Store["read"]>[1],
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.read(path, options)) {
    if (chunk.length === 0) throw new Error("a stream has an empty chunk");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The paths that a list yields, in its order. */
export async function listPaths(
  store: Store,
  prefix: string,
  options?: Parameters<Store["list"]>[1],
): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of store.list(prefix, options)) paths.push(entry.path);
  return paths;
}

/** A body for tests: hands out `chunks`, then fails with `error` or hangs where told to, and knows whether it was let go. */
export function testBody(
  chunks: readonly Uint8Array[],
  end: { readonly error?: Error; readonly hang?: boolean } = {},
): { readonly stream: ByteStream; readonly cancelled: Promise<void>; readonly exhausted: Promise<void> } {
  const cancelled = Promise.withResolvers<void>();
  const exhausted = Promise.withResolvers<void>();
  let taken = 0;
  const iterator: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      const chunk = chunks[taken];
      taken += 1;
      if (chunk !== undefined) return { done: false, value: chunk };
      exhausted.resolve();
      if (end.error !== undefined) throw end.error;
      if (end.hang === true) await cancelled.promise;
      return { done: true, value: undefined };
    },
    async return() {
      cancelled.resolve();
      return { done: true, value: undefined };
    },
  };
  return { stream: iterator, cancelled: cancelled.promise, exhausted: exhausted.promise };
}

/** Whether the same bytes are in both; quicker than a deep comparison. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
