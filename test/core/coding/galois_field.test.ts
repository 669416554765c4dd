import { describe, expect, test } from "vitest";
import { galoisField } from "../../../core/coding/galois_field.ts";

describe.each([
  [4, 0x13],
  [8, 0x11d],
] as const)("GF(2^%d)", (bits, polynomial) => {
  const field = galoisField(bits);
  const elements = Array.from({ length: field.size }, (_, element) => element);

  /** Multiplication of polynomials over GF(2), reduced by long division. */
  function slowMultiply(left: number, right: number): number {
    let product = 0;
    for (let bit = 0; bit < bits; bit += 1) if ((right >> bit) & 1) product ^= left << bit;
    for (let bit = 2 * bits - 2; bit >= bits; bit -= 1)
      if ((product >> bit) & 1) product ^= polynomial << (bit - bits);
    return product;
  }

  test("multiplies as polynomials do", () => {
    for (const left of elements) {
      expect(elements.map((right) => field.multiply(left, right))).toEqual(
        elements.map((right) => slowMultiply(left, right)),
      );
    }
  });

  test("inverts all but 0", () => {
    for (const element of elements.slice(1)) expect(field.multiply(element, field.inverse(element))).toBe(1);
    expect(() => field.inverse(0)).toThrow(RangeError);
  });

  test("powers of 2 are all non-zero elements", () => {
    expect(new Set(elements.slice(1).map((exponent) => field.power(exponent))).size).toBe(field.size - 1);
    expect(field.power(-1)).toBe(field.inverse(2));
  });

  test("bit matrices multiply", () => {
    for (const factor of elements) {
      const matrix = field.bitMatrix(factor);
      for (const element of elements) {
        const product = matrix.reduce((sum, row, bit) => sum | (parity(row & element) << bit), 0);
        if (product !== field.multiply(factor, element)) expect.fail(`${factor} · ${element}`);
      }
    }
  });
});

function parity(bits: number): number {
  return bits.toString(2).replaceAll("0", "").length & 1;
}
