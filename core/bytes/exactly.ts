import type { ByteStream } from "./byte_stream.ts";

/** What {@link exactly} found. `longer`: at least `bytes` came. `shorter`: it ended after `bytes`. */
export interface WrongLength {
  readonly kind: "shorter" | "longer";
  readonly bytes: number;
}

/** Passes a stream on unchanged and insists that it has `size` bytes.
 *
 *  Throws what `error` makes when it ends earlier, or when more comes; the bytes beyond `size` are never passed on. The end is
 *  only reached when the source has ended, too. */
export async function* exactly(
  stream: ByteStream,
  options: { readonly size: number; readonly error: (wrong: WrongLength) => Error },
): ByteStream {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > options.size) throw options.error({ kind: "longer", bytes });
    yield chunk;
  }
  if (bytes < options.size) throw options.error({ kind: "shorter", bytes });
}
