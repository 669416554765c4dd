import { Buffer } from "node:buffer";
import { createCode } from "../../../core/coding/create_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import type { KernelChoice } from "../../../core/coding/linear_rebuild.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";
import { pieceBytesFor } from "../../../core/coding/scratch.ts";
import { createShardMemory } from "../../../core/coding/shard_memory.ts";
import { WORD_BYTES } from "../../../core/coding/word_layout.ts";
import { patternBytes } from "./golden_vectors.ts";

const SHAPES = [
  { dataShards: 1, parityShards: 1, code: "cauchy16/1" },
  { dataShards: 4, parityShards: 2, code: "cauchy16/1" },
  { dataShards: 3, parityShards: 4, code: "cauchy16/1" },
  { dataShards: 2, parityShards: 3, code: "cauchy256/1" },
];

/** How buffers lie: ordinary ones, at addresses that are not even, in shard memory, and the last input elsewhere than all others. */
const PLACES = ["apart", "odd", "shard memory", "mixed"] as const;

/** Compares every kernel with the reference, in whatever runtime runs this, at every length where a kernel or the cutting into pieces starts
 *  anew, and checks that nothing beside the outputs is written. Returns how many cases agree; throws at the first that does not. */
export function checkBoundaries(): number {
  let agreed = 0;
  for (const shape of SHAPES) {
    const blockBytes = createCode(shape).blockBytes;
    const pieceBytes = pieceBytesFor(shape.dataShards + shape.parityShards);
    const starts = [0, pieceBytes, 2 * pieceBytes];
    const lengths = starts.flatMap((start) => [
      start - blockBytes,
      start,
      start + blockBytes,
      start + 3 * blockBytes,
    ]);
    for (const lengthBytes of new Set(lengths.filter((length) => length >= 0))) {
      for (const kernels of ["generic", "unrolled"] as const) {
        for (const place of PLACES) {
          checkCase(shape, { lengthBytes, kernels, place });
          agreed += 1;
        }
      }
    }
  }
  return agreed;
}

const GUARD_BYTES = 64;

function checkCase(
  shape: (typeof SHAPES)[number],
  options: {
    readonly lengthBytes: number;
    readonly kernels: KernelChoice;
    readonly place: (typeof PLACES)[number];
  },
): void {
  const { lengthBytes, place } = options;
  const code = createCode({ ...shape, kernels: options.kernels });
  const shards = Array.from({ length: code.dataShards + code.parityShards }, (_, shard) => shard);
  const data = shards.slice(0, code.dataShards).map((shard) => patternOf(shard, lengthBytes));
  const expected = expectedParity(shape, data);

  const roomBytes = lengthBytes + 2 * GUARD_BYTES;
  const memory = createShardMemory({ bytes: shards.length * (roomBytes + 512) });
  const leased = memory.lease(shards.length, roomBytes)!.buffers;
  const rooms = leased.map((buffer, shard) => {
    const isElsewhere = place === "mixed" && shard === code.dataShards - 1;
    return place === "shard memory" || (place === "mixed" && !isElsewhere)
      ? buffer
      : new Uint8Array(roomBytes);
  });
  const start = place === "odd" ? GUARD_BYTES - 1 : GUARD_BYTES;
  for (const room of rooms) room.fill(0xa5);
  const buffers = rooms.map((room) => room.subarray(start, start + lengthBytes));
  for (const [shard, bytes] of data.entries()) buffers[shard]!.set(bytes);

  const encode = code.rebuild(shards.slice(0, code.dataShards), shards.slice(code.dataShards));
  encode.run(buffers.slice(0, code.dataShards), buffers.slice(code.dataShards));
  const title = `${code.name} ${code.dataShards}+${code.parityShards}, ${lengthBytes} bytes, ${options.kernels}, ${place}`;
  for (const [shard, wanted] of [...data, ...expected].entries()) {
    if (Buffer.compare(buffers[shard]!, wanted) !== 0)
      throw new Error(`Cannot confirm shard ${shard} of ${title}: it differs`);
    const guards = [rooms[shard]!.subarray(0, start), rooms[shard]!.subarray(start + lengthBytes)];
    if (guards.some((guard) => guard.some((byte) => byte !== 0xa5)))
      throw new Error(`Cannot confirm shard ${shard} of ${title}: it was written beyond its end`);
  }
}

const patterns = new Map<number, Uint8Array>();

/** Bytes of shard data: the beginning of a longer pattern. */
function patternOf(shard: number, lengthBytes: number): Uint8Array {
  let pattern = patterns.get(shard);
  if (pattern === undefined) {
    pattern = patternBytes(`boundary ${shard}`, 40 * 1024);
    patterns.set(shard, pattern);
  }
  return pattern.subarray(0, lengthBytes);
}

const parities = new Map<string, readonly Uint8Array[]>();

/** What the reference gives: ranges are independent, so it is computed once for the longest and cut. */
function expectedParity(shape: (typeof SHAPES)[number], data: readonly Uint8Array[]): readonly Uint8Array[] {
  const key = `${shape.code} ${shape.dataShards}+${shape.parityShards}`;
  let whole = parities.get(key);
  if (whole === undefined) {
    const { blockBytes, matrix } = createCode(shape);
    const longest = data.map((_, shard) => patternOf(shard, 40 * 1024));
    const outputs = matrix.map(() => new Uint8Array(40 * 1024));
    const field = galoisField(blockBytes === 4 * WORD_BYTES ? 4 : 8);
    referenceCode(field, matrix, { inputs: longest, outputs });
    whole = outputs;
    parities.set(key, whole);
  }
  return whole.map((shard) => shard.subarray(0, data[0]!.length));
}
