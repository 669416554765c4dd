import type { Socket } from "node:net";
import { giveBack, shareBuffer, takeBuffer } from "../../../ioswitch/buffer_pool.ts";
import { assert } from "../../assert.ts";
import { adoptChunk } from "../../bytes/adopt_chunk.ts";
import { STREAM_CHUNK_BYTES } from "../../limits.ts";
import type { Endpoint } from "../option_value.ts";
import type { Body } from "../take_body.ts";
import { type AnswerHead, answerParser } from "./answer_parser.ts";

/** Bytes of a body that are handed to the socket at a time: what it may have to copy. */
const SEND_BYTES = 256 * 1024;
/** Short bodies go with the head, in one packet. */
const JOINED_BYTES_MAX = 32 * 1024;
/** A piece of an answer from here on is handed over as it is: to gather it with others would cost more than the steps that it saves. */
const HANDED_BYTES_MIN = 64 * 1024;
/** Bytes of an answer that may wait for their reader before the server is held up. */
const WAITING_BYTES_MAX = STREAM_CHUNK_BYTES;

/** The body of an answer, to be taken chunk by chunk by one reader. */
export interface HttpBody {
  /** The next bytes, up to {@link STREAM_CHUNK_BYTES} of what came meanwhile, or `undefined` at the end; then {@link complete} tells whether it was the
   *  end that the server meant. They belong to the reader, who gives them back. Throws what the connection threw, and the reason of the
   *  request's signal. */
  next(): Promise<Uint8Array | undefined>;
  /** Whether all of it came. */
  readonly complete: boolean;
  /** Headers that came after it: empty until it is complete. */
  readonly trailers: AnswerHead["headers"];
  /** Wants no more; ends the connection unless all of it came. */
  destroy(): void;
}

/** One request as it goes over the line. */
export interface Exchange {
  /** The first line and the headers, with the empty line. */
  readonly head: string;
  readonly isHead: boolean;
  readonly body: Uint8Array | Body | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A connection to a server that serves one request at a time. */
export interface HttpConnection {
  /** Makes a request. Resolves when the head of the answer is there; throws what the connection threw, the failure of the body as it is, the reason
   *  of the signal when that is aborted, which also ends the answer's body. */
  exchange(exchange: Exchange): Promise<AnswerHead & { readonly body: HttpBody }>;
  destroy(): void;
}

/** Makes a connection of a socket that is on its way to the server. `onIdle` is called with the head of the last answer when it may serve another request, `onClose`
 *  when it never will. What fails on the way names the server: `error.server`. */
export function openConnection(
  socket: Socket,
  options: {
    readonly server: Pick<Endpoint, "protocol" | "host" | "port">;
    readonly connectTimeoutMs: number;
    readonly onIdle: (head: AnswerHead) => void;
    readonly onClose: () => void;
  },
): HttpConnection {
  const { server, connectTimeoutMs, onIdle, onClose } = options;
  socket.setNoDelay(true);
  let current: Running | undefined;
  let failure: Error | undefined;
  /** The server said that it has no more to send. */
  let isEnded = false;
  let isOpen = true;
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error("the server does not answer"), { code: "ETIMEDOUT" }));
  }, connectTimeoutMs);
  /** Nothing can be done with the connection any more. */
  const over = () => {
    clearTimeout(timer);
    if (!isOpen) return;
    isOpen = false;
    onClose();
    current?.lost(failure, isEnded);
  };
  socket.on(server.protocol === "https" ? "secureConnect" : "connect", () => clearTimeout(timer));
  socket.on("error", (error) => {
    failure ??= Object.assign(error, { server: `${server.host}:${server.port}` });
    over();
  });
  socket.on("end", () => {
    isEnded = failure === undefined;
    socket.destroy();
    over();
  });
  socket.on("close", over);
  socket.on("data", (bytes: Uint8Array) => {
    if (current !== undefined) {
      adoptChunk(bytes);
      current.push(bytes);
      return giveBack(bytes);
    }
    // Nobody asked for anything, and nobody may ask this server for anything now.
    socket.destroy();
    over();
  });
  return {
    destroy: () => void socket.destroy(),
    exchange(exchange) {
      const running = runExchange(socket, exchange, (head) => {
        current = undefined;
        if (isOpen) onIdle(head);
      });
      current = running;
      if (!isOpen) running.lost(failure, isEnded);
      return running.answer;
    },
  };
}

interface Running {
  readonly answer: Promise<AnswerHead & { readonly body: HttpBody }>;
  push(bytes: Uint8Array): void;
  /** The connection is gone; `isEnded` when the server ended it in good order. */
  lost(error: Error | undefined, isEnded: boolean): void;
}

/** `release` is called when the connection is free again. */
function runExchange(socket: Socket, exchange: Exchange, release: (head: AnswerHead) => void): Running {
  const {
    promise: answer,
    resolve,
    reject,
  } = Promise.withResolvers<AnswerHead & { readonly body: HttpBody }>();
  const { signal } = exchange;
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let failure: { readonly error: unknown } | undefined;
  let answered: AnswerHead | undefined;
  let isSent = false;
  let isComplete = false;
  let trailers: AnswerHead["headers"] = {};
  /** Nothing more comes from the connection. */
  let isOver = false;
  let wakeReader: (() => void) | undefined;
  let wakeSender: (() => void) | undefined;

  const end = () => {
    isOver = true;
    signal?.removeEventListener("abort", abort);
    wakeReader?.();
    wakeSender?.();
  };
  const fail = (error: unknown) => {
    if (isOver) return;
    failure = { error };
    end();
    socket.destroy();
    reject(error);
  };
  const abort = () => fail(signal?.reason);
  const body: HttpBody = {
    async next() {
      while (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
      const [first] = waiting;
      if (first === undefined) {
        if (failure !== undefined) throw failure.error;
        return undefined;
      }
      const isWhole = first.length >= HANDED_BYTES_MIN || first.length === waitingBytes;
      const bytes = isWhole ? first.length : Math.min(waitingBytes, STREAM_CHUNK_BYTES);
      waitingBytes -= bytes;
      if (!isOver && waitingBytes < WAITING_BYTES_MAX && socket.isPaused()) socket.resume();
      if (!isWhole) return gather(waiting, bytes);
      waiting.shift();
      return first;
    },
    get complete() {
      return isComplete;
    },
    get trailers() {
      return trailers;
    },
    destroy() {
      waiting.splice(0).forEach(giveBack);
      if (isOver) return;
      end();
      socket.destroy();
    },
  };
  const parser = answerParser(exchange, {
    head(head) {
      answered = head;
      resolve({ ...head, body });
    },
    body(chunk) {
      shareBuffer(chunk, 1);
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= WAITING_BYTES_MAX) socket.pause();
      wakeReader?.();
    },
    done(isReusable, last) {
      isComplete = true;
      trailers = last;
      end();
      if (socket.isPaused()) socket.resume();
      // What is still to be sent is not wanted; the connection can serve nothing else.
      if (isReusable && isSent && answered !== undefined) release(answered);
      else socket.destroy();
    },
  });

  /** Waits until the socket has taken the bytes, or the exchange is over. Says whether it took them. */
  const write = async (bytes: Uint8Array): Promise<boolean> => {
    for (let at = 0; at < bytes.length; at += SEND_BYTES) {
      if (isOver) return false;
      const isTaken = await new Promise<boolean>((resolve) => {
        wakeSender = () => resolve(false);
        socket.write(bytes.subarray(at, at + SEND_BYTES), (error) => resolve(!error));
      });
      if (!isTaken) return false;
    }
    return true;
  };
  const send = async () => {
    const head = Buffer.from(exchange.head, "latin1");
    const { body: content } = exchange;
    if (content === undefined) await write(head);
    else if (content instanceof Uint8Array) {
      if (content.length <= JOINED_BYTES_MAX) await write(Buffer.concat([head, content]));
      else if (await write(head)) await write(content);
    } else {
      const isSized = !/^transfer-encoding:/im.test(exchange.head);
      let left = Number(/^content-length: *(\d+)/im.exec(exchange.head)?.[1] ?? Number.POSITIVE_INFINITY);
      if (!(await write(head))) return;
      for (;;) {
        const chunk = await content.next();
        if (chunk === undefined) break;
        let isFree = true;
        try {
          left -= chunk.length;
          // With its last byte the server has all that was announced, and stores it: that one waits until the body is known to be right.
          if (left <= 0 && answered === undefined && !isOver) {
            const more = await content.next();
            assert(left === 0 && more === undefined, "a body is as long as its request says");
          }
          if (answered !== undefined || isOver) return;
          if (!isSized && !(await write(Buffer.from(`${chunk.length.toString(16)}\r\n`, "latin1")))) return;
          isFree = await write(chunk);
          if (!isFree) return;
        } finally {
          // What the socket did not take it may still read, until it is closed.
          if (isFree || socket.closed) giveBack(chunk);
          else socket.once("close", () => giveBack(chunk));
        }
        if (!isSized && !(await write(LINE_END))) return;
      }
      if (answered !== undefined || isOver) return;
      if (!isSized) await write(LAST_CHUNK);
    }
    isSent = true;
  };

  if (signal?.aborted === true) abort();
  else {
    signal?.addEventListener("abort", abort, { once: true });
    send().catch(fail);
  }
  return {
    answer,
    push(bytes) {
      if (isOver) return;
      try {
        parser.push(bytes);
      } catch (error) {
        fail(error);
      }
    },
    lost(error, isEnded) {
      if (isOver) return;
      // What a reset cuts off must not pass for the end of an answer that told no length.
      if (isEnded) parser.end();
      if (isOver) return;
      if (error !== undefined || answered === undefined) return fail(error ?? hangUp());
      end();
    },
  };
}

/** Takes so many bytes off the chunks, in one buffer: a reader that is slower than the line has fewer steps to make. */
function gather(chunks: Uint8Array[], bytes: number): Uint8Array {
  const gathered = takeBuffer(bytes);
  for (let filled = 0; filled < bytes; ) {
    const chunk = chunks.shift() ?? gathered;
    const piece = chunk.subarray(0, bytes - filled);
    gathered.set(piece, filled);
    filled += piece.length;
    if (piece.length < chunk.length) chunks.unshift(chunk.subarray(piece.length));
    else giveBack(chunk);
  }
  return gathered;
}

const LINE_END = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** The failure of a connection that ended before its answer. */
export function hangUp(): Error {
  return Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" });
}
