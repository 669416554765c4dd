import { crc32, createInflateRaw } from "node:zlib";
import { takeBuffer } from "../../../../ioswitch/buffer_pool.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { fsError } from "../fs/fs_error.ts";
import type { ArchiveEntry } from "./archive_entry.ts";
import type { OpenArchive } from "./open_archive.ts";

const INFLATE_CHUNK_BYTES = 128 * 1024;

/** The bytes of an entry or of a range of them; closes the archive in the end.
 *
 *  Of packed data everything before the range is unpacked too. Never more comes out than the directory says; a whole object is compared with
 *  its CRC-32, and a difference is `Corrupt`, in the stream. */
export function readEntry(
  info: StoreInfo,
  call: ReadOptions & { readonly path: string; readonly etag: string },
  source: { readonly archive: OpenArchive; readonly entry: ArchiveEntry; readonly position: number },
): ObjectStream {
  const { path, etag, offset = 0, length = Number.POSITIVE_INFINITY, signal } = call;
  const { archive, entry, position } = source;
  const place = { operation: "read", path };
  const corrupt = (state: string) => storeError(info, { ...place, kind: "Corrupt", state });
  const end = Math.min(entry.size, offset + length);
  const isWhole = offset === 0 && end === entry.size;
  const chunks = (entry.method === 0 ? stored : inflated)(archive, {
    position,
    storedBytes: entry.storedBytes,
    skipBytes: Math.min(offset, entry.size),
    // One byte more than there should be is looked for, to be noticed.
    endBytes: isWhole && entry.method !== 0 ? entry.size + 1 : end,
  });
  let sum = 0;
  let delivered = 0;
  return objectStream({
    etag,
    async pull() {
      throwIfCancelled(info, { ...place, signal });
      if (offset + delivered >= end && !(isWhole && entry.method !== 0)) return finish();
      let result: IteratorResult<Uint8Array>;
      try {
        result = await chunks.next();
      } catch (error) {
        const isData = error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
        throw isData ? corrupt("the packed data is damaged") : fsError(info, { ...place, cause: error });
      }
      if (result.done === true) return finish();
      delivered += result.value.length;
      if (isWhole && delivered > entry.size)
        throw corrupt("more comes out of the archive than its directory says");
      if (isWhole && entry.crc32 !== undefined) sum = crc32(result.value, sum);
      return result.value;
    },
    async close() {
      await chunks.return(undefined);
      await archive.handle.close();
    },
  });

  function finish(): undefined {
    if (offset + delivered < end)
      throw corrupt(`the data ends after ${offset + delivered} of ${entry.size} bytes`);
    if (isWhole && entry.crc32 !== undefined && sum !== entry.crc32) throw corrupt("its checksum is another");
    return undefined;
  }
}

interface Data {
  readonly position: number;
  readonly storedBytes: number;
  readonly skipBytes: number;
  readonly endBytes: number;
}

async function* stored(archive: OpenArchive, data: Data): AsyncGenerator<Uint8Array> {
  const end = data.position + data.endBytes;
  for (let position = data.position + data.skipBytes; position < end; ) {
    const buffer = takeBuffer(Math.min(STREAM_CHUNK_BYTES, end - position));
    const { bytesRead } = await archive.handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* inflated(archive: OpenArchive, data: Data): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
  // A failure between two reads is kept for the next one; without a listener it would end the process.
  inflate.on("error", () => {});
  const feed = async () => {
    for (let taken = 0; taken < data.storedBytes && !inflate.destroyed; ) {
      const buffer = Buffer.alloc(Math.min(INFLATE_CHUNK_BYTES, data.storedBytes - taken));
      const { bytesRead } = await archive.handle.read(buffer, 0, buffer.length, data.position + taken);
      if (bytesRead === 0) break;
      taken += bytesRead;
      await new Promise<void>((resolve) => {
        const done = () => {
          inflate.off("close", done);
          resolve();
        };
        inflate.once("close", done);
        inflate.write(buffer.subarray(0, bytesRead), done);
      });
    }
    inflate.end();
  };
  const feeding = feed().catch((error: Error) => {
    inflate.destroy(error);
  });
  try {
    let position = 0;
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      const from = Math.max(0, data.skipBytes - position);
      position += chunk.length;
      const until = chunk.length - Math.max(0, position - data.endBytes);
      if (from < until) yield new Uint8Array(chunk.buffer, chunk.byteOffset + from, until - from);
      if (position >= data.endBytes) return;
    }
  } finally {
    inflate.destroy();
    await feeding;
  }
}
