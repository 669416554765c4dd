import { describe, expect, test } from "vitest";
import { cauchyMatrix } from "../../../../core/coding/cauchy_matrix.ts";
import { galoisField } from "../../../../core/coding/galois_field.ts";
import { type Matrix, multiplyMatrices } from "../../../../core/coding/matrix.ts";
import { emitKernel } from "../../../../core/coding/wasm/emit_kernel.ts";
import { shareXors } from "../../../../core/coding/wasm/share_xors.ts";
import { type XorProgram, xorProgram } from "../../../../core/coding/wasm/xor_program.ts";
import { seededRandom } from "../../../suites/test_code.ts";

describe("shareXors", () => {
  test("computes every target, sharing what is common", () => {
    const targets = [[0, 1, 2], [0, 1, 3], [0, 1, 2, 3], [], [2], [0, 1, 2]];
    const { steps, results } = shareXors(4, targets);
    const values = [1n, 2n, 4n, 8n];
    for (const [left, right] of steps) values.push(values[left]! ^ values[right]!);
    const sums = targets.map((target) => target.reduce((sum, term) => sum ^ (1n << BigInt(term)), 0n));
    expect(results.map((result) => (result < 0 ? 0n : values[result]!))).toEqual(sums);
    expect(steps.length).toBe(4);
  });
});

describe("xorProgram", () => {
  test("computes the rows, with and without factors, for random matrices", () => {
    const random = seededRandom(4);
    const draw = (rows: number, columns: number, size: number): Matrix =>
      Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.floor(random() * size)));
    for (const bits of [4, 8] as const) {
      const field = galoisField(bits);
      for (let round = 0; round < 30; round += 1) {
        const base = draw(1 + Math.floor(random() * 4), 1 + Math.floor(random() * 6), field.size);
        const combine = draw(1 + Math.floor(random() * 4), base.length, field.size);
        const rows = multiplyMatrices(field, combine, base);
        const inputs = rows[0]!.map(() => Math.floor(random() * field.size));
        const expected = multiplyMatrices(
          field,
          rows,
          inputs.map((element) => [element]),
        ).flat();
        for (const groupSize of [1, 2, 3, undefined]) {
          const size = groupSize === undefined ? {} : { groupSize };
          expect(interpret(xorProgram(field, rows, size), inputs)).toEqual(expected);
          expect(interpret(xorProgram(field, rows, { ...size, factors: { base, combine } }), inputs)).toEqual(
            expected,
          );
        }
      }
    }
  });

  test("knows the cheap ways: Horner's rule for powers, syndromes for rebuilding", () => {
    const xors = (k: number, m: number) => xorProgram(galoisField(4), cauchyMatrix(k, m).rows).xorCount;
    expect(xors(4, 1)).toBe(12);
    expect(xors(4, 2)).toBe(27);
    expect(xors(6, 3)).toBe(70);
    expect(xors(10, 4)).toBeLessThanOrEqual(201);
  });
});

describe("emitKernel", () => {
  test("gives the same bytes for addresses and stride, for every number of lanes in a turn", () => {
    const { field, rows } = cauchyMatrix(3, 2);
    const program = xorProgram(field, rows);
    const strideBytes = 2048 + 64;
    const lengthBytes = 1024;
    const results = [1, 700, 1400, 100_000].flatMap((codeBytesMax) =>
      [0, strideBytes].map((stride) => {
        const memory = new WebAssembly.Memory({ initial: 1 });
        const bytes = new Uint8Array(memory.buffer);
        for (let at = 0; at < 3 * strideBytes; at += 1) bytes[at] = (at * 167) >> 3;
        const module = new WebAssembly.Module(
          emitKernel(program, { strideBytes: stride, shared: false, codeBytesMax }),
        );
        const run = new WebAssembly.Instance(module, { jcs: { memory } }).exports["run"] as (
          ...list: number[]
        ) => void;
        const addresses = stride === 0 ? [0, 1, 2, 3, 4].map((shard) => shard * strideBytes) : [0];
        run(...addresses, lengthBytes);
        return Buffer.from(bytes.slice(3 * strideBytes, 5 * strideBytes)).toString("hex");
      }),
    );
    expect(new Set(results).size).toBe(1);
    expect(results[0]).toMatch(/[1-9a-f]/);
  });
});

/** Runs a program on single elements: word i holds bit i. */
function interpret(program: XorProgram, inputs: readonly number[]): number[] {
  const values = new Array<number>(program.valueCount).fill(0);
  const outputs = new Array<number>(program.outputCount).fill(0);
  for (const step of program.steps) {
    if (step.kind === "load") values[step.value] = (inputs[step.shard]! >> step.word) & 1;
    else if (step.kind === "xor") values[step.value] = values[step.left]! ^ values[step.right]!;
    else if (step.kind === "store") outputs[step.shard]! |= values[step.value]! << step.word;
  }
  return outputs;
}
