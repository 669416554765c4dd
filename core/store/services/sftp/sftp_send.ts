import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import type { Body } from "../../take_body.ts";
import type { SftpSession, SftpWait } from "./sftp_session.ts";

/** Most bytes of one body that are under way without an answer. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** Chunks shorter than this wait for the next ones: each request costs a packet and an answer. */
const JOIN_BYTES = 64 * 1024;

/** What the library leaves of every byte that is sent: it makes small buffers and a cipher for each packet. */
const GARBAGE_SHARE = 1 / 3;

/** Writes the whole body into an open file from `offset` on, with many requests under way, and returns how many bytes it had.
 *
 *  On failure some of the requests may still be under way: what is asked of the same session afterwards comes after them. */
export async function sendBody(
  session: SftpSession,
  options: { readonly handle: Buffer; readonly body: Body; readonly offset: number; readonly wait: SftpWait },
): Promise<number> {
  const { handle, body, offset, wait } = options;
  const window = openWindow();
  let position = offset;
  const send = async (piece: Buffer) => {
    for (let at = 0; at < piece.length; at += session.writeBytesMax) {
      const bytes = Math.min(session.writeBytesMax, piece.length - at);
      await window.room(bytes, wait);
      // The library copies the bytes before it returns.
      const to = position + at;
      noteGarbage(bytes * GARBAGE_SHARE);
      window.add(
        bytes,
        session.ask<void>((done) =>
          session.sftp.write(handle, piece, at, bytes, to, (error) => done(error, undefined)),
        ),
      );
    }
    position += piece.length;
  };
  let joined: Buffer | undefined;
  let joinedBytes = 0;
  try {
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
      if (joinedBytes > 0 || chunk.length < JOIN_BYTES) {
        joined ??= Buffer.allocUnsafe(session.writeBytesMax);
        if (joinedBytes + chunk.length <= joined.length) {
          joined.set(chunk, joinedBytes);
          joinedBytes += chunk.length;
          giveBack(chunk);
          continue;
        }
        await send(joined.subarray(0, joinedBytes));
        joinedBytes = 0;
      }
      await send(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      giveBack(chunk);
    }
    if (joined !== undefined && joinedBytes > 0) await send(joined.subarray(0, joinedBytes));
    await window.drained(wait);
    return position - offset;
  } catch (error) {
    if (wait.signal?.aborted === true) session.doubt(window.drained());
    throw error;
  }
}

function openWindow() {
  let underWay = 0;
  let failure: { readonly cause: unknown } | undefined;
  let wake: (() => void) | undefined;
  const settle = (bytes: number) => {
    underWay -= bytes;
    wake?.();
  };
  const until = async (isTrue: () => boolean, wait?: SftpWait) => {
    while (!isTrue()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (wait === undefined) await promise;
      else await unlessAborted(() => promise, { signal: wait.signal, error: wait.cancelled });
      if (failure !== undefined) throw failure.cause;
    }
    if (failure !== undefined) throw failure.cause;
  };
  return {
    add(bytes: number, answer: Promise<void>): void {
      underWay += bytes;
      answer.then(
        () => settle(bytes),
        (cause: unknown) => {
          failure ??= { cause };
          settle(bytes);
        },
      );
    },
    /** Waits until so many bytes more may be under way. */
    room: (bytes: number, wait: SftpWait) =>
      until(() => underWay === 0 || underWay + bytes <= WINDOW_BYTES, wait),
    /** Waits until nothing is under way. */
    drained: (wait?: SftpWait) => until(() => underWay === 0, wait),
  };
}
