import { write, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { JcsError } from "../core/errors.ts";

/** Where the program writes: stdout or stderr, or memory in a test. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; 80 where there is none. */
  columns(): number;
  /** Writes and returns when it is taken, so that output never piles up in memory. Throws {@link ReaderGone}. */
  write(text: string): void;
  /** Writes what is held for a moment, where that is done. Throws {@link ReaderGone}. */
  flush?(): void;
  /** Writes bytes without holding up anything else. Throws {@link ReaderGone}. */
  writeBytes(chunk: Uint8Array): Promise<void>;
}

/** The program that read our output has ended: nothing is wrong, but there is nobody left to write for. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/** The exit status when the reader of stdout has ended, the same as of any program that a closed pipe ends: 128 + SIGPIPE. */
export const READER_GONE_STATUS = 141;

/** How long to wait before another try when the other end of a pipe in non-blocking mode takes nothing at the moment. */
const FULL_PIPE_WAIT_MS = 5;

/** A sink over a file descriptor of this process: 1 or 2. */
export function descriptorSink(descriptor: 1 | 2): Sink {
  const stream = () => (descriptor === 1 ? process.stdout : process.stderr);
  const isTerminal = isatty(descriptor);
  return {
    isTerminal,
    columns: () => (isTerminal ? (stream().columns ?? 80) : 80),
    write(text) {
      let rest: Uint8Array = new TextEncoder().encode(text);
      while (rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          if (!isFull(error)) throw writeError(error, descriptor);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
        }
      }
    },
    async writeBytes(chunk) {
      let rest = chunk;
      while (rest.length > 0) {
        try {
          rest = rest.subarray(await writeSome(descriptor, rest));
        } catch (error) {
          if (!isFull(error)) throw writeError(error, descriptor);
          await new Promise((resolve) => setTimeout(resolve, FULL_PIPE_WAIT_MS));
        }
      }
    },
  };
}

/** The same sink, which also tells `onGone` when its reader has ended. */
export function watchedSink(sink: Sink, onGone: (error: ReaderGone) => void): Sink {
  const tell = (error: unknown): never => {
    if (error instanceof ReaderGone) onGone(error);
    throw error;
  };
  return {
    ...sink,
    write(text) {
      try {
        sink.write(text);
      } catch (error) {
        tell(error);
      }
    },
    flush() {
      try {
        sink.flush?.();
      } catch (error) {
        tell(error);
      }
    },
    writeBytes: (chunk) => sink.writeBytes(chunk).catch(tell),
  };
}

/** The same sink for messages: that they cannot be written, or nobody reads them any more, is no reason to stop. */
export function forgivingSink(sink: Sink): Sink {
  return {
    ...sink,
    write(text) {
      try {
        sink.write(text);
      } catch {
        // There is nowhere left to say so.
      }
    },
  };
}

function writeSome(descriptor: number, chunk: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, chunk, (error, written) => (error === null ? resolve(written) : reject(error)));
  });
}

function isFull(error: unknown): boolean {
  return hasCode(error, "EAGAIN");
}

function writeError(error: unknown, descriptor: number): unknown {
  if (hasCode(error, "EPIPE")) return new ReaderGone("The reader of the output has ended");
  if (!hasCode(error, "ENOSPC") && !hasCode(error, "EDQUOT") && !hasCode(error, "EFBIG")) return error;
  const name = descriptor === 1 ? "stdout" : "stderr";
  return new JcsError("NoSpace", `Cannot write to ${name}: no space left`, { cause: error });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
