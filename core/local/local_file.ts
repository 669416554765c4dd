import * as fs from "node:fs";
import { STREAM_CHUNK_BYTES } from "../limits.ts";
import { localCalls, localSyncs } from "./local_calls.ts";

/** An open local file. Failures are those of the operating system, as they are. Nothing may be under way when it is closed, or come after. */
export interface LocalFile {
  stat(): Promise<fs.BigIntStats>;
  /** Reads into `buffer`, from `position` of the file; resolves to the number of bytes, fewer than asked for where the file ends. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` at `position` of the file. They are the caller's again when it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Sets the times of last access and modification. */
  setTime(time: Date): Promise<void>;
  /** Resolves when all bytes are on the disk. */
  sync(): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

/** Opens a local file. `flags` and `mode` are those of `open`; a file that is made gets `mode`, less the user's mask. */
export async function openLocalFile(
  file: string,
  options: { readonly flags: string | number; readonly mode?: number },
): Promise<LocalFile> {
  const { flags, mode = 0o666 } = options;
  const descriptor = await localCalls(
    () => fs.openSync(file, flags, mode),
    () => calledBack<number>((done) => fs.open(file, flags, mode, done)),
  );
  return localFileOf(descriptor);
}

function localFileOf(descriptor: number): LocalFile {
  let isClosed = false;
  let writtenBytes = 0;
  const pooledWrite = (bytes: Uint8Array, position: number) =>
    calledBack<number>((done) => fs.write(descriptor, bytes, 0, bytes.length, position, done));

  return {
    stat() {
      return localCalls(
        () => fs.fstatSync(descriptor, { bigint: true }),
        () => calledBack((done) => fs.fstat(descriptor, { bigint: true }, done)),
      );
    },
    async read(buffer, position) {
      let filled = 0;
      while (filled < buffer.length) {
        const bytes = await calledBack<number>((done) =>
          fs.read(descriptor, buffer, filled, buffer.length - filled, position + filled, done),
        );
        if (bytes === 0) break;
        filled += bytes;
      }
      return filled;
    },
    async write(bytes, position) {
      writtenBytes += bytes.length;
      for (let written = 0; written < bytes.length; ) {
        const left = written === 0 ? bytes : bytes.subarray(written);
        const at = position + written;
        // A longer one would hold up this thread even on a quick disk.
        if (left.length > STREAM_CHUNK_BYTES) written += await pooledWrite(left, at);
        else {
          written += await localCalls(
            () => fs.writeSync(descriptor, left, 0, left.length, at),
            () => pooledWrite(left, at),
          );
        }
      }
    },
    setTime(time) {
      return localCalls(
        () => fs.futimesSync(descriptor, time, time),
        () => calledBack<void>((done) => fs.futimes(descriptor, time, time, done)),
      );
    },
    sync() {
      const pooled = () => calledBack<void>((done) => fs.fsync(descriptor, done));
      // It takes as long as there are bytes.
      return writtenBytes > STREAM_CHUNK_BYTES
        ? pooled()
        : localSyncs(() => fs.fsyncSync(descriptor), pooled);
    },
    async close() {
      // Its number may be another file's by now, whether the first call failed or not.
      if (isClosed) return;
      isClosed = true;
      await localCalls(
        () => fs.closeSync(descriptor),
        () => calledBack<void>((done) => fs.close(descriptor, done)),
      );
    },
  };
}

/** What a call tells its callback. */
function calledBack<T>(call: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
