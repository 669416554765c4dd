import fc from "fast-check";
import { expect, test } from "vitest";
import type { Code } from "../../../core/coding/code.ts";
import { createCode } from "../../../core/coding/create_code.ts";
import { createLocalCode } from "../../../core/coding/create_local_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { identity, rank } from "../../../core/coding/matrix.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";
import { createShardMemory } from "../../../core/coding/shard_memory.ts";
import { isKind } from "../../../core/errors.ts";
import { checkBoundaries } from "./check_boundaries.ts";

const kernels = fc.constantFrom("generic" as const, "unrolled" as const, "auto" as const);

/** Any code of up to 14 shards, or none at all. */
const codes: fc.Arbitrary<() => Code> = fc.oneof(
  fc
    .record({
      dataShards: fc.integer({ min: -1, max: 9 }),
      parityShards: fc.integer({ min: -1, max: 5 }),
      kernels,
    })
    .map((shape) => () => createCode(shape)),
  fc
    .record({
      dataShards: fc.integer({ min: 0, max: 8 }),
      localParities: fc.integer({ min: 0, max: 3 }),
      globalParities: fc.integer({ min: 0, max: 3 }),
      kernels,
    })
    .map((shape) => () => createLocalCode(shape)),
);

/** Runs `work`; whether it was refused. Anything but a refusal of these kinds is a failure. */
function isRefused(work: () => void, ...kinds: readonly ("Usage" | "TooFewBlocks")[]): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!isKind(error, ...kinds)) throw error;
    expect((error as Error).message).toMatch(/^Cannot [^\n]+: [^\n]+[^.\n]$/);
    return true;
  }
}

const isShardList = (list: readonly number[], shards: number) =>
  new Set(list).size === list.length &&
  list.every((shard) => Number.isInteger(shard) && shard >= 0 && shard < shards);

test("shapes, shard numbers and losses: what cannot be is refused, with a reason, and the rest gives right bytes", () => {
  const numbers = fc.array(
    fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: 0, max: 13 }) },
      fc.constantFrom(-1, 0.5, 255, Number.NaN),
    ),
    { maxLength: 12 },
  );
  const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 13 }), { maxLength: 14 });
  const counts = { refused: 0, short: 0, computed: 0 };
  fc.assert(
    fc.property(codes, fc.oneof(distinct, numbers), fc.oneof(distinct, numbers), (make, first, second) => {
      let code: Code | undefined;
      if (isRefused(() => (code = make()), "Usage") || code === undefined) return;
      const { dataShards, parityShards, matrix, blockBytes } = code;
      const shardCount = dataShards + parityShards;
      // Numbers beyond a small code are refused; most lists are cut to it so that something is left to compute.
      const within = (list: readonly number[]) =>
        first.length % 4 === 0 ? [...list] : list.filter((shard) => !(shard >= shardCount));
      const [present, wanted] = [within(first), within(second)];
      if (!isShardList(present, shardCount) || !isShardList(wanted, shardCount)) {
        counts.refused += 1;
        expect(isRefused(() => code!.rebuild(present, wanted), "Usage")).toBe(true);
        return;
      }
      const field = galoisField(blockBytes === 256 ? 4 : 8);
      const generator = [...identity(dataShards), ...matrix];
      const rows = (list: readonly number[]) => list.map((shard) => generator[shard]!);
      const isPossible =
        wanted.length === 0 || rank(field, rows([...present, ...wanted])) === rank(field, rows(present));
      expect(code.canRebuild(present, wanted)).toBe(isPossible);
      expect(isRefused(() => code!.rebuild(present, wanted), "TooFewBlocks")).toBe(!isPossible);
      if (!isPossible) {
        counts.short += 1;
        return;
      }
      counts.computed += 1;
      const data = Array.from({ length: dataShards }, (_, shard) =>
        Uint8Array.from({ length: blockBytes }, (_, byte) => (byte * (shard + 3) * 41) >> 3),
      );
      const parity = matrix.map(() => new Uint8Array(blockBytes));
      referenceCode(field, matrix, { inputs: data, outputs: parity });
      const stripe = [...data, ...parity];
      const plan = code.rebuild(present, wanted);
      const outputs = wanted.map(() => new Uint8Array(blockBytes).fill(0xa5));
      plan.run(
        plan.inputs.map((shard) => stripe[shard]!),
        outputs,
      );
      for (const [index, shard] of wanted.entries()) expect(outputs[index]).toEqual(stripe[shard]);
    }),
    { numRuns: 1500 },
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(50);
});

test("buffers of one arena, wherever they lie: those that do not fit are refused and nothing is written", () => {
  const ARENA_BYTES = 16 * 1024;
  const inShardMemory = createShardMemory({ bytes: ARENA_BYTES });
  const arenas = [new Uint8Array(ARENA_BYTES), inShardMemory.lease(1, ARENA_BYTES)!.buffers[0]!];
  const starts = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 29 }).map((slot) => slot * 512) },
    fc.integer({ min: 0, max: ARENA_BYTES - 768 }),
  );
  const places = fc
    .record({
      bytes: fc.oneof({ weight: 5, arbitrary: fc.constant(512) }, fc.constantFrom(0, 256, 511, 640, 768)),
      list: fc.array(
        fc.record({
          start: starts,
          odd: fc.oneof({ weight: 40, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, 256)),
        }),
        { minLength: 4, maxLength: 6 },
      ),
    })
    .map(({ bytes, list }) =>
      list.map(({ start, odd }) => ({ start, bytes: Math.max(0, Math.min(768, bytes + odd)) })),
    );
  const counts = { refused: 0, computed: 0 };
  fc.assert(
    fc.property(places, kernels, fc.constantFrom(...arenas), (list, choice, arena) => {
      const code = createCode({ dataShards: 3, parityShards: 2, kernels: choice });
      const encode = code.rebuild([0, 1, 2], [3, 4]);
      for (let byte = 0; byte < arena.length; byte += 1) arena[byte] = (byte * 131) >> 4;
      const before = Uint8Array.from(arena);
      const views = list.map(({ start, bytes }) => arena.subarray(start, start + bytes));
      const [inputs, outputs] = [views.slice(0, 3), views.slice(3)];
      const lengthBytes = list[0]!.bytes;
      const overlaps = list
        .slice(3)
        .some((output, index) =>
          list.some(
            (other, at) =>
              at !== index + 3 &&
              (at < 3 || at < index + 3) &&
              output.start < other.start + other.bytes &&
              other.start < output.start + output.bytes &&
              output.bytes > 0 &&
              other.bytes > 0,
          ),
        );
      const fits =
        list.length === 5 && list.every(({ bytes }) => bytes === lengthBytes) && lengthBytes % 256 === 0;
      const isWrong = !fits || overlaps;
      expect(isRefused(() => encode.run(inputs, outputs), "Usage")).toBe(isWrong);
      counts[isWrong ? "refused" : "computed"] += 1;
      const expected = Uint8Array.from(before);
      if (!isWrong) {
        const wanted = [new Uint8Array(lengthBytes), new Uint8Array(lengthBytes)];
        const data = list.slice(0, 3).map(({ start }) => before.subarray(start, start + lengthBytes));
        referenceCode(galoisField(4), code.matrix, { inputs: data, outputs: wanted });
        for (const [index, bytes] of wanted.entries()) expected.set(bytes, list[3 + index]!.start);
      }
      expect(Buffer.compare(arena, expected)).toBe(0);
    }),
    { numRuns: 1000 },
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
});

test("kernels and reference agree at every boundary of lengths, wherever the buffers lie", () => {
  expect(checkBoundaries()).toBeGreaterThan(200);
});
