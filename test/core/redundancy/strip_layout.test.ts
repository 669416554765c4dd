import fc from "fast-check";
import { expect, test } from "vitest";
import { type StripShape, stripLayout } from "../../../core/redundancy/strip_layout.ts";

/** Lays the numbers 0 … size-1 out in shards, the slow and obvious way. */
function slowShards({ dataShards, chunkBytes, blockBytes, size }: StripShape): number[][] {
  const shards: number[][] = Array.from({ length: dataShards }, () => []);
  for (let offset = 0; offset < size; ) {
    const strip = Math.min(size - offset, dataShards * chunkBytes);
    const chunk =
      strip === dataShards * chunkBytes
        ? chunkBytes
        : Math.ceil(strip / dataShards / blockBytes) * blockBytes;
    for (let shard = 0; shard < dataShards; shard++)
      for (let i = 0; i < chunk; i++) {
        const at = shard * chunk + i;
        shards[shard]!.push(at < strip ? offset + at : -1);
      }
    offset += strip;
  }
  return shards;
}

const shapes = fc.record({
  dataShards: fc.integer({ min: 1, max: 5 }),
  chunkBytes: fc.constantFrom(4, 8, 16),
  blockBytes: fc.constantFrom(2, 4),
  size: fc.integer({ min: 0, max: 300 }),
});

test("every byte lies where the slow layout puts it", () => {
  fc.assert(
    fc.property(shapes, fc.nat(300), fc.nat(300), (shape, a, b) => {
      const range = { start: Math.min(a, b, shape.size), end: Math.min(Math.max(a, b), shape.size) };
      const layout = stripLayout(shape);
      const shards = slowShards(shape);
      for (const shard of shards) expect(shard.length).toBe(layout.shardBytes);
      const wanted = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
      const got = [...layout.pieces(range)].flatMap((piece) =>
        shards[piece.shard]!.slice(piece.offset, piece.offset + piece.length),
      );
      expect(got).toEqual(wanted);
      shards.forEach((shard, index) => {
        const { start, end } = layout.shardRange(index, range);
        expect(shard.slice(start, end)).toEqual(
          shard.filter((byte) => byte >= range.start && byte < range.end),
        );
      });
    }),
    { numRuns: 2000 },
  );
});

test("6 MiB in 2+1 makes shards of 3 MiB", () => {
  const MIB = 1024 * 1024;
  expect(stripLayout({ dataShards: 2, chunkBytes: MIB, blockBytes: 256, size: 6 * MIB }).shardBytes).toBe(
    3 * MIB,
  );
});
