import { connect, type Socket } from "node:net";
import type { SFTPWrapper } from "ssh2";

/** Bytes that are sent at once. */
const SLAB_BYTES = 256 * 1024;
/** Slabs that are kept for later. */
const SPARE_SLABS_MAX = 4;
/** Smaller memory may be shared by several buffers (Node's pool has 8 KiB), and is not worth it. */
const FREED_BYTES_MIN = 16 * 1024;

/** What the library does not show of a session: where requests leave it and answers come in. */
interface Passages {
  readonly _protocol: { channelData(channel: number, bytes: Buffer): void };
  push(bytes: Buffer | null): void;
}

/** A connection to `server`, on its way, for the SSH library: what is written in one turn of the event loop goes out at once.
 *
 *  The library writes each packet in three pieces, buffers of its own that it does not look at again after the turn: one by one each would be a call of the system and a
 *  segment on the line, and left to the garbage collector they would be twice the memory of all that is sent. So they are copied, and freed. */
export function gatheringSocket(server: { readonly host: string; readonly port: number }): Socket {
  const socket = connect(server);
  const write = socket.write.bind(socket);
  const end = socket.end.bind(socket);
  const spare: Buffer[] = [];
  const passed = new Set<ArrayBufferLike>();
  let slab: Buffer | undefined;
  let filled = 0;
  const send = () => {
    if (slab === undefined) return;
    const sent = slab;
    const bytes = filled;
    slab = undefined;
    filled = 0;
    if (socket.destroyed || bytes === 0) return;
    write(sent.subarray(0, bytes), () => {
      if (spare.length < SPARE_SLABS_MAX) spare.push(sent);
    });
  };
  const flush = () => {
    passed.forEach(free);
    passed.clear();
    send();
  };
  socket.write = (piece: string | Uint8Array) => {
    const bytes = typeof piece === "string" ? Buffer.from(piece, "latin1") : piece;
    if (slab === undefined) queueMicrotask(flush);
    for (let at = 0; at < bytes.length; ) {
      slab ??= spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      const part = bytes.subarray(at, at + SLAB_BYTES - filled);
      slab.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === SLAB_BYTES) send();
    }
    passed.add(bytes.buffer);
    return true;
  };
  socket.end = () => {
    flush();
    return end();
  };
  return socket;
}

/** Frees what passes through a session that is ready, as soon as it has passed: the library makes several buffers of every piece, and forgets them. `cipher` is that of
 *  what comes in. */
export function freePassed(sftp: SFTPWrapper, socket: Socket, cipher: string): void {
  const session = sftp as unknown as Passages;
  const { _protocol: protocol } = session;
  const channelData = protocol.channelData.bind(protocol);
  protocol.channelData = (channel, bytes) => {
    channelData(channel, bytes);
    // A request goes out piece by piece; its last one ends with its memory.
    if (bytes.byteOffset + bytes.length === bytes.buffer.byteLength) free(bytes.buffer);
  };
  const push = session.push.bind(session);
  session.push = (bytes) => {
    push(bytes);
    // Of what is this long the session has taken copies, or made texts and numbers.
    if (bytes !== null) free(bytes.buffer);
  };
  // After the library's own listener, which has decrypted it by then. Other ciphers than AES keep views of what is not complete.
  if (/^aes/.test(cipher)) socket.on("data", (bytes: Buffer) => free(bytes.buffer));
}

function free(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer && memory.byteLength >= FREED_BYTES_MIN) memory.transfer(0);
}
