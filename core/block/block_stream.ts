import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { exactly } from "../bytes/exactly.ts";
import { fromBytes } from "../bytes/from_bytes.ts";
import { JcsError } from "../errors.ts";
import { DESCRIPTOR_BYTES_MAX } from "../limits.ts";
import { checksumTableBytes, createChecksumTable } from "./checksum_table.ts";
import { type BlockDescriptor, encodeDescriptor } from "./descriptor.ts";
import { encodeTrailer, TRAILER_BYTES } from "./trailer.ts";

/** Options of {@link blockStream}. */
export interface BlockStreamOptions {
  /** Asked once, after the last payload byte was taken, so that the hash of the whole object may still be under way. Must say the
   *  `payloadBytes` it was given, and `checksumChunkBytes` as here. */
  readonly descriptor: (payloadBytes: number) => Promise<BlockDescriptor>;
  readonly checksumChunkBytes: number;
  /** A payload of any other length is an error, found before the block is complete. */
  readonly expectedPayloadBytes?: number;
}

/** A whole block as it is stored: the payload, unchanged and uncopied, then checksum table, descriptor and trailer.
 *
 *  Pulls the payload as it is pulled itself and holds nothing of it. Throws `Unexpected` when the payload does not have the length
 *  expected, `Usage` when the descriptor is too long, and whatever the payload or `descriptor` throw: the block is then cut off and
 *  must not be kept. */
export async function* blockStream(payload: ByteStream, options: BlockStreamOptions): ByteStream {
  const { checksumChunkBytes, expectedPayloadBytes: expected } = options;
  const table = createChecksumTable(checksumChunkBytes);
  for await (const chunk of expected === undefined ? payload : insist(payload, expected)) {
    // Before it is handed on: then it belongs to the consumer.
    table.update(chunk);
    yield chunk;
  }
  const { payloadBytes } = table;
  const descriptor = await options.descriptor(payloadBytes);
  assert(descriptor.payloadBytes === payloadBytes, "the descriptor says how long the payload is");
  assert(
    descriptor.checksumChunkBytes === checksumChunkBytes,
    "the descriptor says how long checksum chunks are",
  );
  const tableBytes = table.finish();
  yield* fromBytes(tableBytes);
  yield encodeTail(tableBytes, encodeDescriptor(descriptor));
}

/** How many bytes a block has beside its payload.
 *
 *  `hashLater`: the descriptor has no hash yet, but the one that is written will have. All else must be as it will be written. */
export function blockOverheadBytes(
  descriptor: BlockDescriptor,
  options: { readonly hashLater?: boolean } = {},
): number {
  const written = options.hashLater === true ? { ...descriptor, hash: HASH_OF_RIGHT_LENGTH } : descriptor;
  const table = checksumTableBytes(descriptor.payloadBytes, descriptor.checksumChunkBytes);
  return table + encodeDescriptor(written).length + TRAILER_BYTES;
}

const HASH_OF_RIGHT_LENGTH = `sha256:${"0".repeat(64)}`;

/** Descriptor and trailer in one buffer. */
function encodeTail(table: Uint8Array, descriptor: Uint8Array): Uint8Array {
  if (descriptor.length > DESCRIPTOR_BYTES_MAX) {
    const state = `path and metadata take ${descriptor.length} bytes, ${DESCRIPTOR_BYTES_MAX} are allowed`;
    throw new JcsError("Usage", `Cannot write a block: ${state}`);
  }
  const trailer = encodeTrailer({
    tableBytes: table.length,
    descriptorBytes: descriptor.length,
    checksum: crc32(descriptor, crc32(table)),
  });
  const tail = new Uint8Array(descriptor.length + trailer.length);
  tail.set(descriptor);
  tail.set(trailer, descriptor.length);
  return tail;
}

function insist(payload: ByteStream, size: number): ByteStream {
  return exactly(payload, {
    size,
    error: ({ kind, bytes }) =>
      new JcsError(
        "Unexpected",
        `Cannot write a block: its payload has ${kind === "longer" ? "more" : "less"} than ${size} bytes (${bytes} came)`,
      ),
  });
}
