import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { type ErrorPlace, JcsError } from "../errors.ts";

/** `source`, but ended with `TimedOut` when it gives nothing for `stallMs` while somebody waits for it. Time during which nobody pulls
 *  does not count. The source is told to stop, and not waited for: it hangs. */
export async function* withStallLimit(
  source: ByteStream,
  stallMs: number,
  where: ErrorPlace,
): ByteStreamGenerator {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      const result = await orStall(next, stallMs, where).catch((error: unknown) => {
        giveBackLater(next);
        throw error;
      });
      if (result.done) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } finally {
    // A generator that hangs in `next` answers `return` only when it wakes up; nobody waits for that.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}

type ByteStreamGenerator = AsyncGenerator<Uint8Array, void, undefined>;

/** What comes too late is wanted by nobody. */
function giveBackLater(next: Promise<IteratorResult<Uint8Array>>): void {
  next.then(
    (result) => {
      if (!result.done) giveBack(result.value);
    },
    () => undefined,
  );
}

async function orStall<T>(promise: Promise<T>, stallMs: number, where: ErrorPlace): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stall = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new JcsError(
          "TimedOut",
          `Cannot read block ${where.block} from space "${where.space}": nothing came for ${stallMs} ms`,
          {
            retry: "later",
            where,
          },
        ),
      );
    }, stallMs);
  });
  try {
    return await Promise.race([promise, stall]);
  } finally {
    clearTimeout(timer);
  }
}
