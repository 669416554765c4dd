import type { ByteStream } from "../bytes/byte_stream.ts";
import { unlessAborted } from "../bytes/unless_aborted.ts";
import { JcsError } from "../errors.ts";

/** Bytes that come once and whose number nobody knows: stdin, a pipe. */
export interface StreamSource {
  readonly reopenable: false;
  /** The bytes. Throws `Usage` when called a second time, `Cancelled` as soon as `signal` is aborted, also while it waits. */
  open(): ByteStream;
}

/** Makes a source of a stream that can be read only once. */
export function streamSource(
  stream: AsyncIterable<Uint8Array>,
  options: { readonly signal?: AbortSignal } = {},
): StreamSource {
  let taken = false;
  return {
    reopenable: false,
    open() {
      if (taken) throw new JcsError("Usage", "Cannot read standard input: it was read already");
      taken = true;
      return pull(stream, options.signal);
    },
  };
}

async function* pull(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  const error = () => new JcsError("Cancelled", "Cannot read standard input: interrupted");
  let ended = false;
  try {
    for (;;) {
      const next = await unlessAborted(() => iterator.next(), { signal, error });
      if (next.done) break;
      if (next.value.length > 0) yield next.value;
    }
    ended = true;
  } finally {
    // Not awaited: a stream that waits for a terminal would answer only with the next key.
    if (!ended) void iterator.return?.()?.catch(() => undefined);
  }
}
