import type { FileHandle } from "node:fs/promises";
import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import type { Body } from "../../take_body.ts";

/** Chunks shorter than this wait for the next ones: each write costs a trip to the thread pool. */
const WRITE_BYTES_MIN = STREAM_CHUNK_BYTES / 4;

/** After how many bytes a long write waits for the disk, so that the last wait is short. */
const SYNC_EVERY_BYTES = 256 * 1024 * 1024;

/** Writes the whole body to an open file: from byte `offset` on (0 unless given), or to its end with `append`, for a file that was opened so. While one piece goes to the disk the next chunk is asked for already. */
export async function writeBody(
  handle: FileHandle,
  options: {
    readonly body: Body;
    readonly durable: boolean;
    readonly offset?: number;
    readonly append?: boolean;
  },
): Promise<void> {
  const { body, durable, append = false } = options;
  let position = options.offset ?? 0;
  let unsynced = 0;
  let next = await body.next();
  while (next !== undefined) {
    let piece = next;
    while (piece.length < WRITE_BYTES_MIN) {
      const more = await body.next();
      if (more === undefined) break;
      const joined = Buffer.concat([piece, more]);
      giveBack(piece);
      giveBack(more);
      piece = joined;
    }
    // Whichever fails, the other must have ended before the file is closed.
    const [written, asked] = await Promise.allSettled([
      writeAll(handle, { piece, position: append ? null : position }),
      body.next(),
    ]);
    if (written.status === "rejected") throw written.reason;
    if (asked.status === "rejected") throw asked.reason;
    next = asked.value;
    position += piece.length;
    unsynced += piece.length;
    giveBack(piece);
    if (durable && unsynced >= SYNC_EVERY_BYTES) {
      await handle.datasync();
      unsynced = 0;
    }
  }
}

async function writeAll(
  handle: FileHandle,
  { piece, position }: { readonly piece: Uint8Array; readonly position: number | null },
): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, at(position, done));
    done += bytesWritten;
  }
}

/** Without a position the operating system writes at the end. */
function at(position: number | null, done: number): number | null {
  return position === null ? null : position + done;
}
