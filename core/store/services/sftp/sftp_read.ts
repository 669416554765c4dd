import { giveBack, takeBuffer } from "../../../../ioswitch/buffer_pool.ts";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import { within } from "../../../bytes/within.ts";
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

/** Bytes of one request while nobody knows how quick the line is, and how many must have come until that is known. */
const FIRST_REQUEST_BYTES = 32 * 1024;
const PACE_BYTES = 128 * 1024;
/** How long one request should take, and the shortest: of what comes nothing is seen until all of it is there. */
const REQUEST_MS = 250;
const REQUEST_BYTES_MIN = 4 * 1024;
const REQUESTS_PER_CHUNK = 32;
/** How long a reader waits for a whole chunk before it gets what is there of it. */
const GIVE_OUT_MS = 500;

/** Bytes that came in one millisecond, last of all, to one stream from a server. */
const PACES = new WeakMap<SftpRoot, number>();

/** Opens a file for reading and asks for several chunks ahead, each in several requests that are under way together: short ones where it is not
 *  known to be quick, and otherwise as long as the server allows. Of a chunk that comes slowly the beginning is given out, so that bytes that flow are seen to.
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
  const chunkBytesMax =
    Math.max(1, Math.floor(STREAM_CHUNK_BYTES / session.readBytesMax)) * session.readBytesMax;
  const ahead: Chunk[] = [];
  let asked = offset;
  let sinceMs = performance.now();
  /** Bytes of the first chunk that were given out already. */
  let given = 0;
  const notePace = ({ filled, askedMs }: Chunk) => {
    const tookMs = performance.now() - Math.max(sinceMs, askedMs);
    // Little that has come soon tells nothing.
    if (filled >= PACE_BYTES || tookMs > GIVE_OUT_MS) PACES.set(root, filled / Math.max(1, tookMs));
  };
  const onFilled = (chunk: Chunk) => {
    if (chunk.filled === chunk.bytes.length) {
      notePace(chunk);
      sinceMs = performance.now();
    } else if (chunk.filled >= PACE_BYTES && !PACES.has(root)) {
      notePace(chunk);
      askAhead();
    }
  };
  const askAhead = () => {
    const pace = PACES.get(root);
    const wanted = pace === undefined ? FIRST_REQUEST_BYTES : Math.floor(pace * REQUEST_MS);
    const requestBytes = Math.min(Math.max(wanted, REQUEST_BYTES_MIN), session.readBytesMax);
    const chunkBytes = Math.min(requestBytes * REQUESTS_PER_CHUNK, chunkBytesMax);
    while (asked < end && ahead.length < (pace === undefined ? 1 : CHUNKS_AHEAD)) {
      const range = { offset: asked, length: Math.min(chunkBytes, end - asked) };
      ahead.push(startChunk(session, opened, { ...range, requestBytes, onFilled }));
      asked += range.length;
    }
  };
  askAhead();
  return objectStream({
    async pull() {
      const chunk = ahead[0];
      if (chunk === undefined) return undefined;
      try {
        await unlessAborted(() => moreOf(chunk, given), { signal, error: wait.cancelled });
      } catch (error) {
        if (signal?.aborted === true) session.doubt(Promise.allSettled(ahead.map(({ whole }) => whole)));
        if (!(error instanceof CutShort)) throw root.fault(place, error);
        const state = `the file ended after ${error.position} of ${size} bytes`;
        throw storeError(root.info, { ...place, kind: "Unreachable", state, retry: "later" });
      }
      const { bytes, filled } = chunk;
      let part = bytes;
      if (given > 0 || filled < bytes.length) {
        part = takeBuffer(filled - given);
        part.set(bytes.subarray(given, filled));
      }
      given = filled;
      if (filled === bytes.length) {
        given = 0;
        ahead.shift();
        if (part !== bytes) giveBack(bytes);
        askAhead();
      }
      return part;
    },
    close() {
      const [chunk] = ahead;
      // Perhaps it is given up because it is too slow.
      if (chunk !== undefined && chunk.filled < chunk.bytes.length) notePace(chunk);
      for (const { whole, bytes } of ahead.splice(0)) {
        const done = () => giveBack(bytes);
        whole.then(done, done);
      }
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

/** The bytes of a range of a file, on their way. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly askedMs: number;
  /** So many from its beginning are there. */
  filled: number;
  /** Told that there are more, as often as that happens. */
  onMore: () => void;
  /** Ends when all requests have: nothing is written into the bytes any more. Fails when one of them does. */
  readonly whole: Promise<void>;
}

/** Waits for the whole chunk, but not much longer than {@link GIVE_OUT_MS} when there are more bytes of it than `given`. */
async function moreOf(chunk: Chunk, given: number): Promise<void> {
  if (chunk.filled === chunk.bytes.length) return;
  await within(chunk.whole, GIVE_OUT_MS);
  while (chunk.filled <= given) {
    const more = new Promise<void>((resolve) => {
      chunk.onMore = resolve;
    });
    await Promise.race([chunk.whole, more]);
  }
}

/** Asks for the bytes of a range that lies in the file, in requests that are all under way together. */
function startChunk(
  session: SftpSession,
  handle: Buffer,
  range: {
    readonly offset: number;
    readonly length: number;
    readonly requestBytes: number;
    readonly onFilled: (chunk: Chunk) => void;
  },
): Chunk {
  const { offset, length, requestBytes } = range;
  const bytes = takeBuffer(length);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const parts: Part[] = [];
  for (let start = 0; start < length; start += requestBytes) {
    parts.push({ at: start, end: Math.min(start + requestBytes, length) });
  }
  let first = 0;
  const onRead = () => {
    const before = chunk.filled;
    for (let part = parts[first]; part !== undefined; part = parts[++first]) {
      chunk.filled = part.at;
      if (part.at < part.end) break;
    }
    if (chunk.filled === before) return;
    chunk.onMore();
    range.onFilled(chunk);
  };
  const work = async () => {
    const reading = parts.map((part) => readPart(session, handle, { part, buffer, offset, onRead }));
    for (const result of await Promise.allSettled(reading)) {
      if (result.status === "rejected") throw result.reason;
    }
  };
  const chunk: Chunk = { bytes, askedMs: performance.now(), filled: 0, onMore: () => {}, whole: work() };
  // It may fail before anybody looks.
  chunk.whole.catch(() => {});
  return chunk;
}

/** What one request is for: the bytes of a buffer from `at`, which moves on as they come. */
interface Part {
  at: number;
  readonly end: number;
}

/** Fills the part. A server may give less than it was asked for. */
async function readPart(
  session: SftpSession,
  handle: Buffer,
  wanted: {
    readonly part: Part;
    readonly buffer: Buffer;
    readonly offset: number;
    readonly onRead: () => void;
  },
): Promise<void> {
  const { part, buffer, offset, onRead } = wanted;
  while (part.at < part.end) {
    const { at } = part;
    const read = await session.ask<number>((done) =>
      session.sftp.read(handle, buffer, at, part.end - at, offset + at, done),
    );
    if (read === 0) throw new CutShort(offset + at);
    part.at += read;
    noteGarbage(read);
    onRead();
  }
}

/** Closes a handle that nobody needs any more. The answer is of no interest. */
function letGo(session: SftpSession, handle: Buffer): void {
  requestsOf(session)
    .close(handle)
    .catch(() => {});
}
