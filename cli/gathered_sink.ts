import type { Sink } from "./sink.ts";

/** Text that is held before it is written. */
const HELD_CHARACTERS_MAX = 32 * 1024;

/** A sink that holds short texts for a moment, so that a list of many lines is not as many calls of the system. */
export interface GatheredSink extends Sink {
  /** Writes what is held. Throws what writing throws, also what it threw meanwhile. */
  flush(): void;
  /** As `flush`, but what writing throws is thrown by the next write or flush. */
  flushQuietly(): void;
}

/** Gathers what is written in one turn of the event loop, 32 KiB at the most; what goes to a terminal is seen at once. A failure of a later write is thrown by the next
 *  call; after that nothing more is written, as what follows a gap is worth nothing. What is held must be written by {@link GatheredSink.flush} before the process ends. */
export function gatheredSink(sink: Sink): GatheredSink {
  if (sink.isTerminal) return { ...sink, flush() {}, flushQuietly() {} };
  let held = "";
  let timer: NodeJS.Immediate | undefined;
  let failure: { readonly error: unknown; isTold: boolean } | undefined;
  const flush = () => {
    if (timer !== undefined) clearImmediate(timer);
    timer = undefined;
    const text = held;
    held = "";
    try {
      if (failure === undefined && text !== "") sink.write(text);
    } catch (error) {
      failure = { error, isTold: false };
    }
    if (failure === undefined || failure.isTold) return;
    failure.isTold = true;
    throw failure.error;
  };
  const flushQuietly = () => {
    try {
      flush();
    } catch {
      // Whoever writes next, or ends the run, hears of it.
      if (failure !== undefined) failure.isTold = false;
    }
  };
  return {
    ...sink,
    write(text) {
      held += text;
      if (held.length >= HELD_CHARACTERS_MAX || failure !== undefined) flush();
      else timer ??= setImmediate(flushQuietly);
    },
    async writeBytes(chunk) {
      flush();
      await sink.writeBytes(chunk);
    },
    flush,
    flushQuietly,
  };
}

/** The same sink, which writes what `before` holds first: where both lead to one place, the order is that of the calls. */
export function sinkAfter(before: GatheredSink, sink: Sink): Sink {
  return {
    ...sink,
    write(text) {
      before.flushQuietly();
      sink.write(text);
    },
  };
}
