import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Client, FTPError, type FTPResponse } from "basic-ftp";
import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { adoptChunk } from "../../../bytes/adopt_chunk.ts";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import { JcsError } from "../../../errors.ts";

/** How long a connection may take to answer when a transfer was broken off, before it is given up. */
const BREAK_OFF_WAIT_MS = 500;

/** What ends a wait for the server. */
export interface FtpWait {
  readonly signal?: AbortSignal | undefined;
  readonly cancelled: () => Error;
}

/** The bytes that the server sends on a data connection. */
export interface FtpDownload {
  /** The next chunk, which is the caller's, or `undefined` once the server has said that it sent everything. */
  next(): Promise<Uint8Array | undefined>;
  /** Ends the transfer, where it is not over yet; resolves when the connection can be used again or is given up. Never throws. */
  end(): Promise<void>;
}

/** One control connection, logged in. It does one thing at a time. An operation that is cancelled ends the connection: what the server
 *  still answers would be taken for the answer to the next one. */
export interface FtpConnection {
  /** The features that the server names, in capitals. */
  readonly features: ReadonlySet<string>;
  /** The directory that the user begins in. */
  readonly home: string;
  /** The server's answer; throws `FTPError` for one that says no. */
  command(text: string, wait: FtpWait): Promise<FTPResponse>;
  /** Opens a data connection and asks for bytes; resolves when the server begins to send. */
  download(text: string, options: FtpWait & { readonly offset?: number }): Promise<FtpDownload>;
  /** Opens a data connection and sends what `next` gives until that is `undefined`; resolves with the number of bytes once the server has said that it
   *  has them. What `next` throws is thrown as it is, and the transfer is broken off. */
  upload(
    text: string,
    options: FtpWait & { readonly next: () => Promise<Uint8Array | undefined> },
  ): Promise<number>;
  isUsable(): boolean;
  end(): Promise<void>;
}

/** The connection broke, or the server said what no server says. */
export class FtpLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The connection as a thing that can be leased. `client` is logged in. */
export function ftpConnection(
  client: Client,
  known: Pick<FtpConnection, "features" | "home">,
): FtpConnection {
  const { ftp } = client;
  const during = async <T>(wait: FtpWait, work: () => Promise<T>): Promise<T> => {
    try {
      return await unlessAborted(work, { signal: wait.signal, error: wait.cancelled });
    } catch (error) {
      if (wait.signal?.aborted === true) client.close();
      throw error instanceof FTPError || error instanceof JcsError ? error : new FtpLost(error);
    }
  };
  /** Opens a data connection. When it breaks, the transfer fails and not the control connection: a server that refuses a transfer
   *  resets it. */
  const openData = async (wait: FtpWait) => {
    await during(wait, () => client.prepareTransfer(ftp));
    const socket = ftp.dataSocket;
    for (const event of ["error", "close", "timeout"]) socket?.removeAllListeners(event);
    socket?.on("error", () => {});
    // Listened for at once: what is ended before that was never a connection to the server.
    return { secure: socket instanceof TLSSocket ? untilSecure(socket) : Promise.resolve() };
  };
  /** Starts a transfer: `begun` when the data flow, `done` when the server says that it is over. */
  const start = (text: string) => {
    const begun = Promise.withResolvers<Socket>();
    const done = ftp.handle(text, (answer, task) => {
      if (answer instanceof Error) {
        begun.reject(answer);
        task.reject(answer);
      } else if (answer.code === 125 || answer.code === 150) {
        if (ftp.dataSocket === undefined) task.reject(new Error("the data connection is not open"));
        else begun.resolve(ftp.dataSocket);
      } else if (answer.code >= 200 && answer.code < 300) {
        // Some servers have nothing to say before.
        if (ftp.dataSocket !== undefined) begun.resolve(ftp.dataSocket);
        task.resolve(answer);
      } else if (answer.code >= 300) task.reject(new Error(`unexpected answer ${answer.code}`));
    });
    begun.promise.catch(() => {});
    done.catch((error: unknown) => begun.reject(error));
    return { begun: begun.promise, done };
  };
  /** Closes the data connection and waits for what the server says to that. */
  const breakOff = async (done: Promise<unknown>) => {
    ftp.dataSocket = undefined;
    let isAnswered = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answered = done.then(
      () => {},
      () => {},
    );
    await Promise.race([
      answered.then(() => {
        isAnswered = true;
      }),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, BREAK_OFF_WAIT_MS);
      }),
    ]);
    clearTimeout(timer);
    if (!isAnswered) client.close();
  };

  return {
    ...known,
    command: (text, wait) => during(wait, () => ftp.request(text)),
    async download(text, wait) {
      await openData(wait);
      const { offset = 0 } = wait;
      if (offset > 0) await during(wait, () => ftp.request(`REST ${offset}`));
      const { begun, done } = start(text);
      let socket: Socket;
      try {
        socket = await during(wait, () => begun);
      } catch (error) {
        ftp.dataSocket = undefined;
        throw error;
      }
      const chunks: AsyncIterator<Uint8Array> = socket.iterator({ destroyOnReturn: false });
      const unlessLost = watch(done);
      let isOver = false;
      return {
        async next() {
          const result = await during(wait, () => unlessLost(Promise.resolve(chunks.next())));
          if (result.done !== true) {
            adoptChunk(result.value);
            return result.value;
          }
          await during(wait, () => done);
          isOver = true;
          ftp.dataSocket = undefined;
          return undefined;
        },
        async end() {
          if (isOver || client.closed) return;
          isOver = true;
          await breakOff(done);
        },
      };
    },
    async upload(text, wait) {
      const { secure } = await openData(wait);
      const { begun, done } = start(text);
      try {
        const socket = await during(wait, () => begun);
        await during(wait, () => Promise.race([secure, done.then(() => {})]));
        let bytes = 0;
        const unlessLost = watch(
          done.then(() => {
            throw new Error("the server ended the transfer too early");
          }),
        );
        for (let chunk = await wait.next(); chunk !== undefined; chunk = await wait.next()) {
          const piece = chunk;
          bytes += piece.length;
          await during(wait, () => unlessLost(send(socket, piece)));
        }
        socket.end();
        await during(wait, () => done);
        ftp.dataSocket = undefined;
        return bytes;
      } catch (error) {
        if (!client.closed) await breakOff(done);
        throw error;
      }
    },
    isUsable: () => !client.closed,
    async end() {
      client.close();
    },
  };
}

/** Lets work fail as soon as `transfer` does: a connection that breaks takes the data connection's events along, and who waits for these
 *  waits for ever. Unlike with `Promise.race`, nothing of what came is kept. */
function watch(transfer: Promise<unknown>): <T>(work: Promise<T>) => Promise<T> {
  let lost: { readonly cause: unknown } | undefined;
  let giveUp: ((cause: unknown) => void) | undefined;
  transfer.catch((cause: unknown) => {
    lost = { cause };
    giveUp?.(cause);
  });
  return (work) =>
    new Promise((resolve, reject) => {
      if (lost !== undefined) reject(lost.cause);
      giveUp = reject;
      work.then(resolve, reject);
    });
}

function untilSecure(socket: TLSSocket): Promise<void> {
  const secure = new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the data connection was closed")));
  });
  secure.catch(() => {});
  return secure;
}

/** Sends a chunk and gives it back; resolves when there is room for the next. */
function send(socket: Socket, chunk: Uint8Array): Promise<void> {
  // Not every socket takes shared memory, and one that failed may still look at its own.
  const bytes = Uint8Array.from(chunk);
  giveBack(chunk);
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}
