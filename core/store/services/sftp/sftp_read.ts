import { giveBack, takeBuffer } from "../../../../ioswitch/buffer_pool.ts";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { bringBackSftp } from "./sftp_aside.ts";
import { kindOf } from "./sftp_meta.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import type { SftpRoot } from "./sftp_root.ts";
import { type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** Chunks of one stream that are asked for before they are wanted: as many bytes as the SSH window lets come. */
const CHUNKS_AHEAD = 3;

/** Opens a file for reading and asks for several chunks ahead, each in several requests that are under way together.
 *
 *  The file stays the one that was opened, also when another takes its name meanwhile. A file that is cut short under the reader makes the
 *  stream fail. */
export async function readSftp(
  root: SftpRoot,
  call: ReadOptions & { readonly path: string },
): Promise<ObjectStream> {
  const { path, offset = 0, length = Number.POSITIVE_INFINITY, signal } = call;
  const place = { operation: "read", path, signal };
  const wait = root.wait(place);
  const lease = await root.take(place);
  const session = lease.connection;
  let handle: Buffer | undefined;
  let size: number;
  try {
    const requests = requestsOf(session, wait);
    handle = await requests.open(root.native(path), OPEN.read);
    const found = await requests.fstat(handle);
    if ((kindOf(found) ?? "file") !== "file") {
      const state = "there is no object but a directory or a special file";
      throw storeError(root.info, { ...place, kind: "NotFound", state });
    }
    size = found.size;
  } catch (error) {
    if (handle !== undefined) letGo(session, handle);
    if (
      statusOf(error) === STATUS.noSuchFile &&
      (await bringBackSftp(root, session, place).catch(() => false))
    ) {
      lease.release();
      return await readSftp(root, call);
    }
    const isMissing = [STATUS.noSuchFile, STATUS.notADirectory].some((status) => status === statusOf(error));
    const failure = isMissing
      ? await root.missing(session, place).catch((gone: unknown) => gone)
      : root.fault(place, error);
    lease.release();
    throw failure;
  }

  const opened = handle;
  const end = Math.min(size, offset + length);
  const chunkBytes =
    Math.max(1, Math.floor(STREAM_CHUNK_BYTES / session.readBytesMax)) * session.readBytesMax;
  const ahead: Promise<Uint8Array>[] = [];
  let asked = offset;
  const askAhead = () => {
    while (asked < end && ahead.length < CHUNKS_AHEAD) {
      const chunk = readChunk(session, opened, { offset: asked, length: Math.min(chunkBytes, end - asked) });
      // It may fail before anybody looks.
      chunk.catch(() => {});
      ahead.push(chunk);
      asked += chunkBytes;
    }
  };
  askAhead();
  return objectStream({
    async pull() {
      const next = ahead[0];
      if (next === undefined) return undefined;
      try {
        const chunk = await unlessAborted(() => next, { signal, error: wait.cancelled });
        ahead.shift();
        askAhead();
        return chunk;
      } catch (error) {
        if (signal?.aborted === true) session.doubt(Promise.allSettled(ahead));
        if (!(error instanceof CutShort)) throw root.fault(place, error);
        const state = `the file ended after ${error.position} of ${size} bytes`;
        throw storeError(root.info, { ...place, kind: "Unreachable", state, retry: "later" });
      }
    },
    close() {
      for (const chunk of ahead.splice(0)) chunk.then(giveBack, () => {});
      letGo(session, opened);
      lease.release();
    },
  });
}

class CutShort extends Error {
  readonly position: number;
  constructor(position: number) {
    super("the file was cut short");
    this.position = position;
  }
}

/** The bytes of a range that lies in the file, all requests for it under way together. */
async function readChunk(
  session: SftpSession,
  handle: Buffer,
  range: { readonly offset: number; readonly length: number },
): Promise<Uint8Array> {
  const { offset, length } = range;
  const chunk = takeBuffer(length);
  const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, length);
  const parts: Promise<void>[] = [];
  for (let start = 0; start < length; start += session.readBytesMax) {
    const part = { start, end: Math.min(start + session.readBytesMax, length) };
    parts.push(readPart(session, handle, { ...part, buffer, offset }));
  }
  const results = await Promise.allSettled(parts);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    giveBack(chunk);
    throw result.reason;
  }
  return chunk;
}

/** Fills the buffer from `start` to `end`. A server may give less than it was asked for. */
async function readPart(
  session: SftpSession,
  handle: Buffer,
  part: { readonly start: number; readonly end: number; readonly buffer: Buffer; readonly offset: number },
): Promise<void> {
  const { end, buffer, offset } = part;
  for (let at = part.start; at < end; ) {
    const read = await session.ask<number>((done) =>
      session.sftp.read(handle, buffer, at, end - at, offset + at, done),
    );
    if (read === 0) throw new CutShort(offset + at);
    at += read;
    noteGarbage(2 * read);
  }
}

/** Closes a handle that nobody needs any more. The answer is of no interest. */
function letGo(session: SftpSession, handle: Buffer): void {
  requestsOf(session)
    .close(handle)
    .catch(() => {});
}
