import { createHash } from "node:crypto";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import type { StoreInfo, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import type { MemoryObject } from "./memory_space.ts";

/** The bytes of an object in memory. */
export type MemoryContent = Pick<MemoryObject, "chunks" | "size">;

/** Takes the whole body of a write; nothing of it is visible yet. `check` is called before the first chunk is taken, `requireRoom` for each with the bytes
 *  so far; what they throw ends it. `Corrupt` when the checksum is another. */
export async function takeContent(
  body: Uint8Array | ByteStream,
  write: Pick<WriteOptions, "size" | "signal" | "checksum"> & {
    readonly info: StoreInfo;
    readonly path: string;
    readonly check: () => void;
    readonly requireRoom: (bytes: number) => void;
  },
): Promise<MemoryContent> {
  const { info, path, size: expected, signal, checksum } = write;
  const call = { operation: "write", path };
  const taken = takeBody(body, { info, ...call, size: expected, signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    write.check();
    const hash = checksum === undefined ? undefined : createHash(checksum.algorithm);
    for (let chunk = await taken.next(); chunk !== undefined; chunk = await taken.next()) {
      size += chunk.length;
      write.requireRoom(size);
      hash?.update(chunk);
      // Bytes belong to the caller, chunks of a stream to us.
      chunks.push(body instanceof Uint8Array ? new Uint8Array(chunk) : chunk);
    }
    if (checksum !== undefined && hash?.digest().equals(checksum.value) !== true) {
      throw storeError(info, { ...call, kind: "Corrupt", state: `its ${checksum.algorithm} is another` });
    }
  } finally {
    taken.end();
  }
  return { chunks, size };
}

/** Other content with `bytes` in place of those from `offset` on, which must not be past the end. */
export function withBytesAt(content: MemoryContent, offset: number, bytes: Uint8Array): MemoryContent {
  const end = offset + bytes.length;
  return {
    chunks: [
      ...piecesOf(content, { start: 0, end: offset }),
      new Uint8Array(bytes),
      ...piecesOf(content, { start: end, end: content.size }),
    ],
    size: Math.max(content.size, end),
  };
}

/** Copies of the bytes from `start` to `end`, at most {@link STREAM_CHUNK_BYTES} at a time: a consumer owns what it gets. */
export function* piecesOf(
  { chunks }: MemoryContent,
  range: { readonly start: number; readonly end: number },
): Generator<Uint8Array, undefined> {
  let position = 0;
  for (const chunk of chunks) {
    const from = Math.max(range.start - position, 0);
    const to = Math.min(range.end - position, chunk.length);
    for (let at = from; at < to; at += STREAM_CHUNK_BYTES) {
      // Not slice(): of a Buffer that would be no copy.
      yield new Uint8Array(chunk.subarray(at, Math.min(at + STREAM_CHUNK_BYTES, to)));
    }
    position += chunk.length;
  }
  return undefined;
}
