import { randomUUID } from "node:crypto";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { giveBack, takeBuffer } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { STREAM_CHUNK_BYTES } from "../limits.ts";

/** Bytes put aside on a local disk, which nobody else sees. Failures are those of the operating system, as they are. */
export interface TemporaryFile {
  /** Adds bytes at the end; one call at a time. They are the caller's again when it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** What was added, from the start, in chunks of {@link STREAM_CHUNK_BYTES} that belong to the reader. May be called several times, and read at the same
   *  time. */
  read(): ByteStream;
  /** Frees the space. Readers that are not done get an error. */
  close(): Promise<void>;
}

/** Makes an empty file in `directory` that only its owner may read. Its name is gone at once, so that a crash leaves nothing; where the platform keeps
 *  the names of open files, `close` removes it. */
export async function temporaryFile(directory: string): Promise<TemporaryFile> {
  const path = join(directory, `jcs-${randomUUID()}.tmp`);
  const handle = await open(path, "wx+", 0o600);
  const remove = () =>
    unlink(path).then(
      () => true,
      () => false,
    );
  const nameless = await remove();
  const reading = new Set<Promise<unknown>>();
  let bytes = 0;
  let closed = false;

  async function* read(): ByteStream {
    for (let position = 0; position < bytes; ) {
      if (closed) throw new JcsError("Cancelled", "Cannot read a temporary file: it was closed");
      const buffer = takeBuffer(Math.min(STREAM_CHUNK_BYTES, bytes - position));
      const chunk = handle.read(buffer, 0, buffer.length, position);
      reading.add(chunk);
      const bytesRead = await chunk
        .then((result) => result.bytesRead)
        .catch((error: unknown) => {
          giveBack(buffer);
          throw error;
        })
        .finally(() => reading.delete(chunk));
      if (bytesRead === 0) throw new JcsError("Unexpected", `Cannot read "${path}": somebody cut it short`);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  return {
    async append(added) {
      for (let done = 0; done < added.length; ) {
        const { bytesWritten } = await handle.write(added, done, added.length - done, bytes);
        done += bytesWritten;
        bytes += bytesWritten;
      }
    },
    read,
    async close() {
      closed = true;
      // Closed under a read, the number of the file could be another file's by then.
      await Promise.allSettled(reading);
      await handle.close();
      if (!nameless) await remove();
    },
  };
}
