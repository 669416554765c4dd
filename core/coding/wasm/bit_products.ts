import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { type SharedXors, shareXors } from "./share_xors.ts";

/** Products of small matrices and bit-sliced vectors as XORs of words. */
export interface BitProducts {
  readonly field: GaloisField;
  /** The XORs that compute matrix · operands. Terms are the operands' words, operand after operand; results likewise. Computed once for
   *  each matrix. */
  of(matrix: Matrix): SharedXors;
}

/** Products over `field`. Lives as long as the making of one program: it keeps all that it was asked for. */
export function bitProducts(field: GaloisField): BitProducts {
  const { bits } = field;
  const known = new Map<string, SharedXors>();

  /** The words whose XOR is one word of a row's product. */
  function terms(row: readonly number[], word: number): number[] {
    const list: number[] = [];
    row.forEach((factor, operand) => {
      const mask = field.bitMatrix(factor)[word]!;
      for (let bit = 0; bit < bits; bit += 1) if (((mask >> bit) & 1) === 1) list.push(operand * bits + bit);
    });
    return list;
  }

  return {
    field,
    of(matrix) {
      const key = matrix.map((row) => row.join()).join(";");
      let product = known.get(key);
      if (product === undefined) {
        const words = Array.from({ length: bits }, (_, word) => word);
        const targets = matrix.flatMap((row) => words.map((word) => terms(row, word)));
        product = shareXors((matrix[0]?.length ?? 0) * bits, targets);
        known.set(key, product);
      }
      return product;
    },
  };
}
