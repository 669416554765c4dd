import type { ByteStream } from "./byte_stream.ts";

/** Bytes that may be read any number of times, also at the same time: each iteration begins at the first one. */
export interface ReopenableStream extends ByteStream {
  readonly reopenable: true;
}

/** Whether all of `body` can be had again after a part of it was taken. */
export function isReopenable(body: Uint8Array | ByteStream): body is Uint8Array | ReopenableStream {
  return body instanceof Uint8Array || ("reopenable" in body && body.reopenable === true);
}
