import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { giveBack, isPooled } from "../../../../ioswitch/buffer_pool.ts";

/** Longest head of a request. */
const HEAD_BYTES_MAX = 16 * 1024;
const TOKEN_BYTES = 24;

/** A body that rclone fetches, once. */
export interface BodyOffer {
  /** The address, good for one request. A secret until then. */
  readonly url: string;
  /** What the body failed with, if it did. */
  failure(): { readonly error: unknown } | undefined;
  /** Whether all of it was sent. */
  complete(): boolean;
  /** Breaks off and forgets it. */
  withdraw(): void;
}

/** Hands the bodies of writes to rclone. */
export interface BodyServer {
  /** Offers a body, of `size` bytes or chunked. The transfer breaks off when `next` fails, and its last chunk goes only when `next` has
   *  said that there is no other. */
  offer(body: Offered): Promise<BodyOffer>;
  /** Stops listening. */
  close(): void;
}

interface Offered {
  readonly size: number | undefined;
  next(): Promise<Uint8Array | undefined>;
}

interface Waiting {
  readonly body: Offered;
  socket: Socket | undefined;
  failure: { readonly error: unknown } | undefined;
  complete: boolean;
}

/** A server on 127.0.0.1, started with the first offer, that answers nobody who does not know an address.
 *
 *  rclone is made to fetch, and is not sent, what it writes: only so does it know the length beforehand, and notice a body that ends too
 *  early (a form that breaks off counts as a whole file). */
export function bodyServer(): BodyServer {
  const waiting = new Map<string, Waiting>();
  let starting: Promise<number> | undefined;
  let server: Server | undefined;
  const listen = () =>
    new Promise<number>((resolve, reject) => {
      const made = createServer((socket) => serve(socket, waiting));
      server = made;
      made.unref();
      made.once("error", reject);
      made.listen(0, "127.0.0.1", () => {
        const address = made.address();
        if (address === null || typeof address === "string") reject(new Error("Cannot listen: no address"));
        else resolve(address.port);
      });
    });
  return {
    async offer(body) {
      starting ??= listen();
      const port = await starting;
      const token = randomBytes(TOKEN_BYTES).toString("hex");
      const entry: Waiting = { body, socket: undefined, failure: undefined, complete: false };
      waiting.set(token, entry);
      return {
        url: `http://127.0.0.1:${port}/${token}`,
        failure: () => entry.failure,
        complete: () => entry.complete,
        withdraw() {
          waiting.delete(token);
          entry.socket?.destroy();
        },
      };
    },
    close() {
      for (const { socket } of waiting.values()) socket?.destroy();
      waiting.clear();
      server?.close();
    },
  };
}

function serve(socket: Socket, waiting: Map<string, Waiting>): void {
  let head = "";
  socket.on("error", () => socket.destroy());
  const onData = (chunk: Buffer) => {
    head += chunk.toString("latin1");
    if (!head.includes("\r\n\r\n")) {
      if (head.length > HEAD_BYTES_MAX) socket.destroy();
      return;
    }
    socket.off("data", onData);
    // Whoever closes is heard only while somebody listens.
    socket.on("data", () => {});
    const entry = find(/^GET \/([0-9a-f]+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? "", waiting);
    if (entry === undefined || entry.socket !== undefined) {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    entry.socket = socket;
    sendBody(entry, socket).catch((error: unknown) => {
      entry.failure ??= { error };
      // A reset, not an end: this must never look like the whole body.
      socket.resetAndDestroy();
    });
  };
  socket.on("data", onData);
}

function find(token: string, waiting: ReadonlyMap<string, Waiting>): Waiting | undefined {
  const given = Buffer.from(token);
  for (const [key, entry] of waiting) {
    const known = Buffer.from(key);
    if (known.length === given.length && timingSafeEqual(known, given)) return entry;
  }
  return undefined;
}

async function sendBody(entry: Waiting, socket: Socket): Promise<void> {
  const { body } = entry;
  const length = body.size === undefined ? "Transfer-Encoding: chunked" : `Content-Length: ${body.size}`;
  const write = async (bytes: Uint8Array | string) => {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off("close", done);
        resolve();
      };
      socket.once("close", done);
      socket.write(bytes, done);
    });
  };
  const frame = async (chunk: Uint8Array) => {
    if (body.size === undefined) await write(`${chunk.length.toString(16)}\r\n`);
    await write(chunk);
    if (body.size === undefined) await write("\r\n");
  };
  await write(
    `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n${length}\r\nConnection: close\r\n\r\n`,
  );
  let held: Uint8Array | undefined;
  for (;;) {
    const chunk = await body.next();
    if (socket.destroyed) return;
    if (held !== undefined) await frame(held);
    if (chunk === undefined) break;
    held = ownBytes(chunk);
  }
  if (body.size === undefined) await write("0\r\n\r\n");
  entry.complete = !socket.destroyed;
  socket.end();
}

/** The bytes outside of the pool: a socket may look at them after it has taken them. */
function ownBytes(chunk: Uint8Array): Uint8Array {
  if (!isPooled(chunk)) return chunk;
  const copy = new Uint8Array(chunk);
  giveBack(chunk);
  return copy;
}
