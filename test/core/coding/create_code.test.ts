import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CAUCHY_16, CAUCHY_256 } from "../../../core/coding/cauchy_matrix.ts";
import type { Code } from "../../../core/coding/code.ts";
import { type CodeShape, createCode } from "../../../core/coding/create_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";
import { createShardMemory } from "../../../core/coding/shard_memory.ts";
import { checkRebuild, erasurePatterns, makeStripe, testCode } from "../../suites/test_code.ts";
import { patternBytes } from "./golden_vectors.ts";

/** All erasure patterns of these, through kernels made for them. */
for (const shape of ["1+1", "1+3", "2+1", "2+2", "3+2", "4+2", "5+3", "6+3", "6+4"]) {
  testCode({ title: `${shape}, unrolled`, code: codeOf(shape, { kernels: "unrolled" }) });
}
for (const shape of ["2+1", "4+2", "5+3"]) {
  testCode({ title: `${shape}, generic`, code: codeOf(shape, { kernels: "generic" }) });
}
testCode({ title: "10+4, unrolled", code: codeOf("10+4", { kernels: "unrolled" }), patternsMax: 100 });
testCode({ title: "8+8", code: codeOf("8+8"), patternsMax: 50 });
testCode({ title: "20+3", code: codeOf("20+3"), patternsMax: 50 });
testCode({
  title: "4+2 over GF(2^8), generic",
  code: codeOf("4+2", { code: CAUCHY_256, kernels: "generic" }),
});
testCode({
  title: "4+2 over GF(2^8), unrolled",
  code: codeOf("4+2", { code: CAUCHY_256, kernels: "unrolled" }),
});

function codeOf(shape: string, options: Pick<CodeShape, "code" | "kernels"> = {}): Code {
  const [dataShards, parityShards] = shape.split("+").map(Number) as [number, number];
  return createCode({ dataShards, parityShards, ...options });
}

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

  test("every pattern of losses of every shape of up to 10 shards comes back", () => {
    for (let shardCount = 2; shardCount <= 10; shardCount += 1) {
      for (let parityShards = 1; parityShards < shardCount; parityShards += 1) {
        const code = createCode({ dataShards: shardCount - parityShards, parityShards, kernels: "generic" });
        const stripe = makeStripe(code, 256);
        for (const lost of erasurePatterns(shardCount, parityShards, 2000)) {
          const present = [...stripe.keys()].filter((shard) => !lost.includes(shard));
          const plan = code.rebuild(present, lost);
          const outputs = lost.map(() => new Uint8Array(256));
          plan.run(
            plan.inputs.map((shard) => stripe[shard]!),
            outputs,
          );
          const wrong = lost.filter((shard, index) => Buffer.compare(outputs[index]!, stripe[shard]!) !== 0);
          if (wrong.length > 0)
            expect.fail(`${code.dataShards}+${parityShards} without ${lost}: ${wrong} differ`);
        }
      }
    }
  });

  test("rebuilds a whole wide stripe at once, more buffers than a code has shards", () => {
    const code = createCode({ dataShards: 180, parityShards: 20 });
    const stripe = makeStripe(code, 512);
    const all = [...stripe.keys()];
    checkRebuild(code, stripe, { present: all.slice(20), wanted: all });
  });

  test("changes kernels after some megabytes, and when prepared, without a trace", () => {
    const waiting = createCode({ dataShards: 3, parityShards: 2 });
    const prepared = createCode({ dataShards: 3, parityShards: 2, code: CAUCHY_16 });
    const stripe = makeStripe(createCode({ dataShards: 3, parityShards: 2, kernels: "unrolled" }), 1 << 20);
    const encodings = [waiting, prepared].map((code) => code.rebuild([0, 1, 2], [3, 4]));
    expect(encodings[0]).not.toBe(encodings[1]);
    encodings[1]!.prepare();
    for (const encode of encodings) {
      for (let round = 0; round < 5; round += 1) {
        const parity = [new Uint8Array(1 << 20), new Uint8Array(1 << 20)];
        encode.run(stripe.slice(0, 3), parity);
        for (const [row, bytes] of parity.entries()) expect(Buffer.compare(bytes, stripe[3 + row]!)).toBe(0);
      }
    }
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
          kernels: fc.constantFrom("generic" as const, "unrolled" as const),
        }),
        ({ dataShards, parityShards, large, blocks, seed, kernels }) => {
          const small = dataShards + parityShards <= 16 && !large;
          const name = small ? CAUCHY_16 : CAUCHY_256;
          const code = createCode({ dataShards, parityShards, code: name, kernels });
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

test("a computation that was prepared for a memory never compiles while it runs there", () => {
  const memory = createShardMemory({ bytes: 16 << 20 });
  const data = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const rebuild = createCode({ dataShards: 9, parityShards: 4 }).rebuild(data, [9, 10, 11, 12]);
  rebuild.prepare(memory.memory);
  const compile = vi.spyOn(WebAssembly, "Module");
  try {
    const { buffers } = memory.lease(13, 1 << 20)!;
    // More than goes through the generic kernel of what was not prepared.
    for (let round = 0; round < 3; round++) rebuild.run(buffers.slice(0, 9), buffers.slice(9));
    expect(compile).not.toHaveBeenCalled();
  } finally {
    compile.mockRestore();
  }
});
