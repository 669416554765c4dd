import { setImmediate } from "node:timers";
import { giveBack } from "./buffer_pool.ts";
import type { Sink } from "./op_spec.ts";

/** How a pipe came to its end: its consumer read everything, or one of the two sides gave up. */
export type PipeEnd = "read" | "cancelled";

type Result = IteratorResult<Uint8Array, undefined>;

const ACCEPTED = Promise.resolve(true);
const REFUSED = Promise.resolve(false);
const NOTHING = Promise.resolve();
const DONE: Result = { done: true, value: undefined };
/** After so many writes that did not wait, one waits for the event loop, so that timers and sockets get their turn. */
const WRITES_PER_TURN = 256;
const COMPACT_AT = 1024;

/** A bounded stream from one producer to one consumer: the {@link Sink} of the one, the `ByteStream` of the other.
 *
 *  Holds at most `max(bufferBytes, one chunk)`; `write` waits while that is full. Chunks are passed on, not copied.
 *  - The consumer gives up (`return`, `break`): a waiting or later `write` answers false, `end` returns.
 *  - The engine gives up ({@link fail}): the same for the producer; the consumer's next read throws the error at once,
 *    held bytes are lost.
 *  - A second consumer, a second write while one waits, a write after `end`: an error to the one who did it. */
export class Pipe implements Sink, AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  /** Called once, when the pipe has come to its end. */
  onClose: ((end: PipeEnd) => void) | undefined;
  /** Called before {@link onClose} when the consumer or the engine gave up: wakes a producer that waits elsewhere. */
  onCancel: (() => void) | undefined;
  /** Bytes that the producer has handed over, and bytes that the consumer has taken. */
  bytesWritten = 0;
  bytesRead = 0;
  readonly #bufferBytes: number;
  #chunks: Uint8Array[] = [];
  #head = 0;
  #heldBytes = 0;
  #turns = 0;
  #taken = false;
  #ended = false;
  #closed = false;
  #failed = false;
  #error: unknown;
  #waiting: Uint8Array | undefined;
  #admitted: ((accepted: boolean) => void) | undefined;
  #reader: { resolve(result: Result): void; reject(error: unknown): void } | undefined;
  #closing: { promise: Promise<void>; resolve(): void } | undefined;

  constructor(bufferBytes: number) {
    this.#bufferBytes = bufferBytes;
  }

  /** Whether the producer has called `end`. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the pipe has come to its end, one way or the other. */
  get closed(): boolean {
    return this.#closed;
  }

  write(chunk: Uint8Array): Promise<boolean> {
    if (this.#closed) return REFUSED;
    if (this.#ended || this.#waiting !== undefined) return Promise.reject(this.#misuse());
    const bytes = chunk.length;
    if (bytes === 0) return ACCEPTED;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      this.bytesWritten += bytes;
      this.bytesRead += bytes;
      reader.resolve({ done: false, value: chunk });
    } else if (this.#fits(bytes)) {
      this.#hold(chunk);
    } else {
      this.#waiting = chunk;
      return new Promise(this.#admit);
    }
    this.#turns += 1;
    return this.#turns % WRITES_PER_TURN === 0 ? nextTurn() : ACCEPTED;
  }

  end(): Promise<void> {
    if (this.#waiting !== undefined) return Promise.reject(this.#misuse());
    this.#ended = true;
    const reader = this.#reader;
    if (reader !== undefined && !this.#closed) {
      this.#reader = undefined;
      this.#close("read");
      reader.resolve(DONE);
    }
    return this.whenClosed();
  }

  /** Resolves when the pipe has come to its end. Never rejects. */
  whenClosed(): Promise<void> {
    if (this.#closed) return NOTHING;
    this.#closing ??= Promise.withResolvers<void>();
    return this.#closing.promise;
  }

  [Symbol.asyncIterator](): this {
    if (this.#taken) throw new Error("Cannot read a stream twice: it has exactly one consumer");
    this.#taken = true;
    return this;
  }

  next(): Promise<Result> {
    if (this.#head < this.#chunks.length) {
      const chunk = this.#unhold();
      if (this.#waiting !== undefined) this.#letIn();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failed) return Promise.reject(this.#error);
    if (this.#ended && !this.#closed) this.#close("read");
    if (this.#closed) return Promise.resolve(DONE);
    if (this.#reader !== undefined)
      return Promise.reject(new Error("Cannot read a stream: a read is under way"));
    return new Promise(this.#await);
  }

  return(): Promise<Result> {
    this.#cancel();
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(DONE);
    return Promise.resolve(DONE);
  }

  /** Ends the pipe with `error` for the consumer and with false for the producer. Nothing happens when it is over. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.#failed = !this.#drained();
    this.#error = error;
    this.#cancel();
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(error);
  }

  readonly #admit = (resolve: (accepted: boolean) => void): void => {
    this.#admitted = resolve;
  };

  readonly #await = (resolve: (result: Result) => void, reject: (error: unknown) => void): void => {
    this.#reader = { resolve, reject };
  };

  #fits(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#bufferBytes;
  }

  #hold(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    this.bytesWritten += chunk.length;
  }

  #unhold(): Uint8Array {
    const chunk = this.#chunks[this.#head]!;
    this.#head += 1;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    } else if (this.#head === COMPACT_AT) {
      this.#chunks = this.#chunks.slice(COMPACT_AT);
      this.#head = 0;
    }
    this.#heldBytes -= chunk.length;
    this.bytesRead += chunk.length;
    return chunk;
  }

  #letIn(): void {
    const chunk = this.#waiting!;
    if (!this.#fits(chunk.length)) return;
    this.#waiting = undefined;
    this.#hold(chunk);
    this.#answer(true);
  }

  #answer(accepted: boolean): void {
    const admitted = this.#admitted;
    this.#admitted = undefined;
    admitted?.(accepted);
  }

  /** Whether the consumer has had every byte, although it may not have asked for the end. */
  #drained(): boolean {
    return this.#ended && this.#heldBytes === 0;
  }

  #cancel(): void {
    if (this.#closed) return;
    if (this.#drained()) {
      this.#close("read");
      return;
    }
    // The held ones are the pipe's; the waiting one stays its producer's, who hears that it was refused.
    for (let at = this.#head; at < this.#chunks.length; at++) giveBack(this.#chunks[at]!);
    this.#chunks = [];
    this.#head = 0;
    this.#heldBytes = 0;
    this.#waiting = undefined;
    this.#close("cancelled");
    this.#answer(false);
  }

  #close(end: PipeEnd): void {
    this.#closed = true;
    if (end === "cancelled") this.onCancel?.();
    this.onClose?.(end);
    this.#closing?.resolve();
  }

  #misuse(): Error {
    return new Error(`Cannot write to a stream: ${this.#ended ? "it was ended" : "a write is under way"}`);
  }
}

function nextTurn(): Promise<boolean> {
  return new Promise((resolve) => setImmediate(resolve, true));
}
