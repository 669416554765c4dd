import { describe, expect, test } from "vitest";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { expressRows, identity, invert, multiplyMatrices, rank } from "../../../core/coding/matrix.ts";
import { seededRandom } from "../../suites/test_code.ts";

const field = galoisField(8);

describe("matrix", () => {
  test("an inverse times its matrix is the unit matrix", () => {
    const random = seededRandom(2);
    for (let size = 1; size <= 12; size += 1) {
      const matrix = Array.from({ length: size }, () =>
        Array.from({ length: size }, () => Math.floor(random() * 256)),
      );
      const inverse = invert(field, matrix);
      if (inverse === undefined) expect(rank(field, matrix)).toBeLessThan(size);
      else expect(multiplyMatrices(field, inverse, matrix)).toEqual(identity(size));
    }
  });

  test("a singular matrix has no inverse", () => {
    expect(
      invert(field, [
        [1, 2],
        [2, 4],
      ]),
    ).toBeUndefined();
    expect(
      rank(field, [
        [1, 2],
        [2, 4],
      ]),
    ).toBe(1);
    expect(rank(field, [[0, 0]])).toBe(0);
  });

  test("rows are expressed by the earliest given rows that suffice", () => {
    const given = [
      [1, 1, 0],
      [1, 1, 0],
      [0, 1, 1],
      [5, 0, 0],
      [0, 0, 1],
    ];
    const expressed = expressRows(field, given, [[1, 0, 1]])!;
    expect(expressed).toEqual({ rows: [[1, 0, 1, 0, 0]], used: [0, 2] });
    expect(expressRows(field, given.slice(0, 3), [[1, 0, 0]])).toBeUndefined();
    expect(multiplyMatrices(field, expressRows(field, given, [[7, 9, 3]])!.rows, given)).toEqual([[7, 9, 3]]);
  });
});
