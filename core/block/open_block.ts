import { assert } from "../assert.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { collect } from "../bytes/collect.ts";
import { exactly } from "../bytes/exactly.ts";
import { fromBytes } from "../bytes/from_bytes.ts";
import { widenRange } from "../bytes/range.ts";
import { type ErrorPlace, JcsError, withPlace } from "../errors.ts";
import {
  BLOCK_TAIL_READ_BYTES,
  BLOCK_WHOLE_READ_BYTES_MAX,
  CHECKSUM_TABLE_HELD_BYTES_MAX,
} from "../limits.ts";
import type { Store } from "../store/store.ts";
import { readBlockTail, type TailSource } from "./block_tail.ts";
import type { BlockDescriptor } from "./descriptor.ts";
import { TRAILER_BYTES } from "./trailer.ts";
import { verifyChunks } from "./verify_chunks.ts";

/** What the caller knows of a block before it is opened; all of it comes from the catalogue. */
export interface OpenBlockOptions {
  /** The name of the space, for errors. */
  readonly space?: string;
  /** Bytes of the whole block; spares a `stat`. */
  readonly blockBytes?: number;
  /** Bytes of its payload; the rest is then read exactly. */
  readonly payloadBytes?: number;
  /** Which block must lie there: any other one is `Corrupt`. */
  readonly expected?: { readonly generation: string; readonly index: number };
  /** Ends opening and all reading with `Cancelled`. */
  readonly signal?: AbortSignal;
}

/** A block whose tail was read and verified. Holds no connection; may be read any number of times, also at the same time. */
export interface OpenBlock {
  readonly descriptor: BlockDescriptor;
  readonly payloadBytes: number;
  readonly blockBytes: number;
  /** The payload bytes from `offset` on, `length` of them, each verified before it comes out. Asks for whole checksum chunks and
   *  trims them. Opened at the first pull. Requires a range inside the payload. Throws `Corrupt` for what does not match, and the
   *  store's own errors with the place added. */
  read(offset: number, length: number): ByteStream;
}

/** Opens the block at `path`: with one request when `blockBytes` is given and either `payloadBytes` is, too, or the descriptor and the
 *  table fit into {@link BLOCK_TAIL_READ_BYTES}; a short block comes whole with it.
 *
 *  Throws `NotFound` when nothing is there; `Corrupt` when it is cut, damaged, or another block than `expected`; `Unsupported` when a
 *  newer program wrote it; and the store's own errors. All of them say where. */
export async function openBlock(
  store: Store,
  path: string,
  options: OpenBlockOptions = {},
): Promise<OpenBlock> {
  const { space, signal, expected } = options;
  let where: ErrorPlace = {
    path,
    ...(space === undefined ? {} : { space }),
    ...(expected === undefined ? {} : { block: expected.index, generation: expected.generation }),
  };
  const call = signal === undefined ? {} : { signal };
  const subject = `"${path}"${space === undefined ? "" : ` from space "${space}"`}`;
  const corrupt = (reason: string, cause?: unknown): JcsError =>
    new JcsError("Corrupt", `Cannot read ${subject}: ${reason}`, { where, cause });
  const newer = (reason: string): JcsError =>
    new JcsError("Unsupported", `Cannot read ${subject}: ${reason}`, { where });

  /** Exactly the bytes asked for, or an error. */
  function readRange(offset: number, length: number): ByteStream {
    return exactly(readStore(offset, length), {
      size: length,
      error: ({ kind, bytes }) =>
        kind === "shorter"
          ? corrupt(bytes === 0 ? `it ends before byte ${offset}` : `it ends after ${offset + bytes} bytes`)
          : new JcsError("Unexpected", `Cannot read ${subject}: more came than was asked for`, { where }),
    });
  }

  async function* readStore(offset: number, length: number): ByteStream {
    try {
      yield* await store.read(path, { ...call, offset, length });
    } catch (error) {
      throw withPlace(error, where);
    }
  }

  const blockBytes = options.blockBytes ?? (await blockBytesAt(store, path, { ...call, where }));
  const endOffset = blockBytes - endBytesToRead(blockBytes, options);
  const endBytes = blockBytes - endOffset;
  const end =
    endBytes === 0
      ? new Uint8Array(0)
      : await collect(readRange(endOffset, endBytes), { bytesMax: endBytes });
  const source: TailSource = { blockBytes, end, read: readRange, corrupt, newer };
  const { descriptor, table } = await readBlockTail(source);
  const { generation, index, payloadBytes, checksumChunkBytes } = descriptor;
  if (expected !== undefined && (generation !== expected.generation || index !== expected.index)) {
    throw corrupt(
      `it is block ${index} of generation ${generation}, not block ${expected.index} of ${expected.generation}`,
    );
  }
  where = { ...where, block: index, generation };
  if (options.payloadBytes !== undefined && options.payloadBytes !== payloadBytes) {
    throw corrupt(`its payload has ${payloadBytes} bytes, not ${options.payloadBytes}`);
  }

  /** Payload from `offset` on, verified; both must lie at the borders of checksum chunks. */
  async function* readChunks(offset: number, length: number): ByteStream {
    const first = offset / checksumChunkBytes;
    const tableOffset = first * 4;
    const tableLength = Math.ceil(length / checksumChunkBytes) * 4;
    const entries =
      table?.subarray(tableOffset, tableOffset + tableLength) ??
      (await collect(readRange(payloadBytes + tableOffset, tableLength), { bytesMax: tableLength }));
    const held = offset >= endOffset;
    const stream = held
      ? // A copy: the consumer owns what it gets, and the block may be read again.
        fromBytes(new Uint8Array(end.subarray(offset - endOffset, offset - endOffset + length)))
      : readRange(offset, length);
    yield* verifyChunks(stream, {
      table: entries,
      chunkBytes: checksumChunkBytes,
      error: (chunk) => {
        const from = offset + chunk * checksumChunkBytes;
        const to = Math.min(from + checksumChunkBytes, payloadBytes) - 1;
        return corrupt(`payload bytes ${from} to ${to} do not match their checksum`);
      },
    });
  }

  return {
    descriptor,
    payloadBytes,
    blockBytes,
    async *read(offset, length) {
      assert(offset >= 0 && length >= 0 && offset + length <= payloadBytes, "the range lies in the payload");
      const wide = widenRange({ offset, length }, { unitBytes: checksumChunkBytes, size: payloadBytes });
      const stop = wide.offset + wide.length;
      // Without the table in memory, a read goes in stretches whose part of the table may be held.
      const stretch = table === undefined ? (CHECKSUM_TABLE_HELD_BYTES_MAX / 4) * checksumChunkBytes : stop;
      for (let from = wide.offset; from < stop; from += stretch) {
        let at = from;
        // Runs to the end of the source, which has no more to give: stopping early would cost a connection.
        for await (const chunk of readChunks(from, Math.min(stretch, stop - from))) {
          const start = Math.max(offset - at, 0);
          const part = Math.min(offset + length - at, chunk.length);
          at += chunk.length;
          if (start < part) yield start === 0 && part === chunk.length ? chunk : chunk.subarray(start, part);
        }
      }
    },
  };
}

/** How much of the end of a block the first request asks for. */
function endBytesToRead(blockBytes: number, options: OpenBlockOptions): number {
  if (blockBytes <= BLOCK_WHOLE_READ_BYTES_MAX) return blockBytes;
  const known =
    options.blockBytes === undefined || options.payloadBytes === undefined
      ? 0
      : blockBytes - options.payloadBytes;
  const exact = known >= TRAILER_BYTES && known <= CHECKSUM_TABLE_HELD_BYTES_MAX;
  return exact ? known : BLOCK_TAIL_READ_BYTES;
}

async function blockBytesAt(
  store: Store,
  path: string,
  options: { readonly where: ErrorPlace; readonly signal?: AbortSignal },
): Promise<number> {
  const { where, ...call } = options;
  try {
    const { size } = await store.stat(path, call);
    if (size === undefined)
      throw new JcsError("Unsupported", `Cannot read "${path}": the store tells no size`);
    return size;
  } catch (error) {
    throw withPlace(error, where);
  }
}
