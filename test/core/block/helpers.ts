import { blockStream } from "../../../core/block/block_stream.ts";
import type { BlockDescriptor } from "../../../core/block/descriptor.ts";
import { collect } from "../../../core/bytes/collect.ts";
import { fromBytes } from "../../../core/bytes/from_bytes.ts";
import { JcsError } from "../../../core/errors.ts";
import type { ObjectMeta, ReadOptions, Store } from "../../../core/store/store.ts";

/** A store with one object in it, for tests of reading; writes down every request. Not a full store: what it lacks, throws. */
export function fakeStore(
  path: string,
  bytes: Uint8Array,
  options: { readonly pieceBytes?: number } = {},
): { readonly store: Store; readonly requests: string[] } {
  const requests: string[] = [];
  const find = (asked: string): void => {
    if (asked !== path) throw new JcsError("NotFound", `Cannot find "${asked}"`);
  };
  const part: Partial<Store> = {
    async stat(asked): Promise<ObjectMeta> {
      requests.push("stat");
      find(asked);
      return { path, kind: "file", size: bytes.length };
    },
    async read(asked: string, range: ReadOptions = {}) {
      const offset = range.offset ?? 0;
      requests.push(`read ${offset}+${range.length ?? ""}`);
      find(asked);
      const chunkBytes = options.pieceBytes ?? 1 << 20;
      // A copy: what was read must not change when the object does.
      return fromBytes(new Uint8Array(bytes.subarray(offset, offset + (range.length ?? bytes.length))), {
        chunkBytes,
      });
    },
  };
  return { store: part as Store, requests };
}

/** A descriptor with fixed values; the payload's length and what a test cares for are given. */
export function testDescriptor(
  given: Partial<BlockDescriptor> & { readonly payloadBytes: number },
): BlockDescriptor {
  return {
    generation: "01997f3a5c2b7d4e8f6a1b2c3d4e5f60",
    index: 2,
    bucket: "photos",
    package: "2026",
    path: "sea/Åland.jpg",
    size: given.payloadBytes,
    hash: `sha256:${"ab".repeat(32)}`,
    redundancy: { kind: "rep", count: 3 },
    checksumChunkBytes: 16,
    createdAt: new Date("2026-01-02T03:04:05.678Z"),
    metadata: { camera: "R5" },
    ...given,
  };
}

/** The whole block as bytes. */
export async function blockBytesOf(payload: Uint8Array, descriptor: BlockDescriptor): Promise<Uint8Array> {
  const stream = blockStream(fromBytes(payload, { chunkBytes: 100_000 }), {
    descriptor: async () => descriptor,
    checksumChunkBytes: descriptor.checksumChunkBytes,
    expectedPayloadBytes: payload.length,
  });
  return await collect(stream, { bytesMax: Number.MAX_SAFE_INTEGER });
}
