import { describe, expect, test } from "vitest";
import { CAUCHY_256, cauchyMatrix } from "../../../core/coding/cauchy_matrix.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { identity, rank } from "../../../core/coding/matrix.ts";
import { seededRandom } from "../../suites/test_code.ts";

describe("cauchyMatrix", () => {
  test("any k of up to 16 shards are enough, for every shape", () => {
    for (let parityShards = 1; parityShards <= 15; parityShards += 1) {
      const dataShards = 16 - parityShards;
      const { field, rows } = cauchyMatrix(dataShards, parityShards);
      const generator = [...identity(dataShards), ...rows];
      for (const lost of subsets(16, parityShards)) {
        const present = generator.filter((_, shard) => !lost.includes(shard));
        if (rank(field, present) !== dataShards)
          expect.fail(`${dataShards}+${parityShards} without ${lost.join()}`);
      }
    }
  });

  test("fewer data shards take the first columns of more, so they are covered too", () => {
    for (let parityShards = 1; parityShards <= 15; parityShards += 1) {
      const widest = cauchyMatrix(16 - parityShards, parityShards).rows;
      for (let dataShards = 1; dataShards <= 16 - parityShards; dataShards += 1) {
        expect(cauchyMatrix(dataShards, parityShards).rows).toEqual(
          widest.map((row) => row.slice(0, dataShards)),
        );
      }
    }
  });

  test("small shapes over GF(2^8): any k are enough", () => {
    for (const [dataShards, parityShards] of [
      [6, 3],
      [5, 5],
      [9, 4],
    ] as const) {
      const { field, rows } = cauchyMatrix(dataShards, parityShards, CAUCHY_256);
      const generator = [...identity(dataShards), ...rows];
      for (const lost of subsets(dataShards + parityShards, parityShards)) {
        expect(
          rank(
            field,
            generator.filter((_, shard) => !lost.includes(shard)),
          ),
        ).toBe(dataShards);
      }
    }
  });

  test("the widest shapes: sampled square parts are regular", () => {
    const random = seededRandom(1);
    const pick = (count: number, below: number) => {
      const numbers = Array.from({ length: below }, (_, number) => number);
      return Array.from(
        { length: count },
        () => numbers.splice(Math.floor(random() * numbers.length), 1)[0]!,
      );
    };
    for (const parityShards of [2, 3, 4, 5, 16, 60, 128]) {
      const { field, rows } = cauchyMatrix(255 - parityShards, parityShards);
      for (let round = 0; round < 40; round += 1) {
        const size = 1 + Math.floor(random() * Math.min(6, parityShards));
        const columns = pick(size, 255 - parityShards);
        const part = pick(size, parityShards).map((row) => columns.map((column) => rows[row]![column]!));
        expect(rank(field, part)).toBe(size);
      }
    }
  });

  test("four parities over GF(2^4) are the documented Cauchy matrix", () => {
    const { multiply, inverse, power } = galoisField(4);
    const { rows } = cauchyMatrix(12, 4);
    const [ones, powers, third, fourth] = rows as [number[], number[], number[], number[]];
    expect(ones).toEqual(new Array(12).fill(1));
    expect(new Set(powers)).toEqual(
      new Set([...Array(12).keys(), 12].map((exponent) => power(exponent + 1)).filter((t) => t !== 4)),
    );
    powers.forEach((t, column) => {
      expect(third[column]).toBe(multiply(multiply(7, t), inverse(t ^ 1)));
      expect(fourth[column]).toBe(multiply(multiply(5, t), inverse(multiply(2, t) ^ 1)));
    });
  });
});

function* subsets(below: number, size: number, first = 0): Iterable<readonly number[]> {
  if (size === 0) yield [];
  else {
    for (let number = first; number <= below - size; number += 1) {
      for (const rest of subsets(below, size - 1, number + 1)) yield [number, ...rest];
    }
  }
}
