import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CAUCHY_16, CAUCHY_256 } from "../../../core/coding/cauchy_matrix.ts";
import { createCode } from "../../../core/coding/create_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";
import { checkRebuild, makeStripe, testCode } from "../../suites/test_code.ts";
import { patternBytes } from "./golden_vectors.ts";

for (const [dataShards, parityShards] of [
  [1, 1],
  [1, 3],
  [2, 1],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 3],
  [6, 3],
  [6, 4],
] as const) {
  testCode({ title: `${dataShards}+${parityShards}`, code: createCode({ dataShards, parityShards }) });
}
testCode({ title: "10+4, sampled", code: createCode({ dataShards: 10, parityShards: 4 }), patternsMax: 100 });
testCode({ title: "8+8, sampled", code: createCode({ dataShards: 8, parityShards: 8 }), patternsMax: 20 });
testCode({ title: "20+3, sampled", code: createCode({ dataShards: 20, parityShards: 3 }), patternsMax: 20 });
testCode({
  title: "4+2 over GF(2^8), sampled",
  code: createCode({ dataShards: 4, parityShards: 2, code: CAUCHY_256 }),
});

describe("createCode", () => {
  test("gives the same object for the same shape", () => {
    expect(createCode({ dataShards: 4, parityShards: 2 })).toBe(
      createCode({ dataShards: 4, parityShards: 2 }),
    );
  });

  test("names the code by size", () => {
    expect(createCode({ dataShards: 12, parityShards: 4 })).toMatchObject({
      name: CAUCHY_16,
      blockBytes: 256,
    });
    expect(createCode({ dataShards: 13, parityShards: 4 })).toMatchObject({
      name: CAUCHY_256,
      blockBytes: 512,
    });
  });

  test.each([
    [0, 1],
    [-1, 2],
    [1.5, 1],
    [2, -1],
    [200, 56],
  ])("refuses the shape %d+%d", (dataShards, parityShards) => {
    expect(() => createCode({ dataShards, parityShards })).toThrow(
      expect.objectContaining({ kind: "Usage" }),
    );
  });

  test("refuses unknown names, and shapes too large for a name", () => {
    const usage = expect.objectContaining({ kind: "Usage" });
    expect(() => createCode({ dataShards: 4, parityShards: 2, code: "cauchy16/2" })).toThrow(usage);
    expect(() => createCode({ dataShards: 14, parityShards: 4, code: CAUCHY_16 })).toThrow(usage);
  });

  test("without parity there is nothing to encode, and only copies to rebuild", () => {
    const code = createCode({ dataShards: 3, parityShards: 0 });
    const encode = code.rebuild([0, 1, 2], []);
    expect(encode).toMatchObject({ inputs: [], outputs: [] });
    encode.run([], []);
    expect(code.canRebuild([0, 2], [1])).toBe(false);
    checkRebuild(code, makeStripe(code, 512), { present: [0, 2], wanted: [2] });
  });

  test("one data shard and the first parity are the same bytes", () => {
    const [data, parity] = makeStripe(createCode({ dataShards: 1, parityShards: 1 }), 512);
    expect(parity).toEqual(data);
  });

  test("prefers data over parity, and early parity over late", () => {
    const code = createCode({ dataShards: 4, parityShards: 3 });
    expect(code.rebuild([6, 5, 4, 3, 1, 0], [2]).inputs).toEqual([0, 1, 3, 4]);
    expect(code.rebuild([6, 5, 3, 1, 0], [2, 4]).inputs).toEqual([0, 1, 3, 5]);
  });

  test("kernel and reference agree on random shapes", () => {
    fc.assert(
      fc.property(
        fc.record({
          dataShards: fc.integer({ min: 1, max: 12 }),
          parityShards: fc.integer({ min: 1, max: 6 }),
          large: fc.boolean(),
          blocks: fc.integer({ min: 1, max: 3 }),
          seed: fc.string({ maxLength: 8 }),
        }),
        ({ dataShards, parityShards, large, blocks, seed }) => {
          const small = dataShards + parityShards <= 16 && !large;
          const code = createCode({ dataShards, parityShards, code: small ? CAUCHY_16 : CAUCHY_256 });
          const shardBytes = blocks * code.blockBytes;
          const data = Array.from({ length: dataShards }, (_, shard) =>
            patternBytes(`${seed} ${shard}`, shardBytes),
          );
          const expected = code.matrix.map(() => new Uint8Array(shardBytes));
          referenceCode(galoisField(small ? 4 : 8), code.matrix, { inputs: data, outputs: expected });
          const parity = code.matrix.map(() => new Uint8Array(shardBytes));
          const encode = code.rebuild(
            [...data.keys()],
            parity.map((_, row) => dataShards + row),
          );
          encode.run(data, parity);
          expect(parity).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});
