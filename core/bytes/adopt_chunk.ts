import { adoptBuffer } from "../../ioswitch/buffer_pool.ts";
import { noteFreed, noteGarbage } from "./garbage.ts";

/** Takes over a chunk that a library or a socket made for the caller alone: until somebody gives it back it counts as garbage. A chunk that shares
 *  its memory with others stays what it is. */
export function adoptChunk(chunk: Uint8Array): void {
  noteGarbage(chunk.length);
  if (chunk.length === chunk.buffer.byteLength) adoptBuffer(chunk, noteFreed);
}
