import type { GaloisField } from "./galois_field.ts";

/** A matrix over a field, row by row. */
export type Matrix = readonly (readonly number[])[];

/** The n × n unit matrix. */
export function identity(size: number): Matrix {
  return Array.from({ length: size }, (_, row) => unitRow(size, row));
}

/** A row of zeros with a 1 at `column`. */
export function unitRow(size: number, column: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => (index === column ? 1 : 0));
}

/** The product left · right. Requires: as many columns in `left` as rows in `right`. */
export function multiplyMatrices(field: GaloisField, left: Matrix, right: Matrix): Matrix {
  const columns = right[0]?.length ?? 0;
  return left.map((row) => {
    const product = new Array<number>(columns).fill(0);
    row.forEach((factor, index) => {
      if (factor !== 0) addMultiple(field, product, right[index]!, factor);
    });
    return product;
  });
}

/** The inverse of a square matrix, or undefined when it is singular. */
export function invert(field: GaloisField, matrix: Matrix): Matrix | undefined {
  return expressRows(field, matrix, identity(matrix.length))?.rows;
}

/** The number of linearly independent rows. */
export function rank(field: GaloisField, rows: Matrix): number {
  const basis = makeBasis(field);
  for (const row of rows) basis.add(row);
  return basis.size;
}

/** Writes each of `wanted` as a combination of `given` rows: result · given = wanted, or undefined when that is impossible.
 *
 *  Uses the earliest rows that suffice: a given row that depends on earlier ones is left out (its column is zero), so
 *  the order of `given` is the order of preference. `used` lists the rows with a non-zero column, ascending. */
export function expressRows(
  field: GaloisField,
  given: Matrix,
  wanted: Matrix,
): { readonly rows: Matrix; readonly used: readonly number[] } | undefined {
  const basis = makeBasis(field);
  const width = wanted[0]?.length ?? 0;
  for (let index = 0; index < given.length && basis.size < width; index += 1) basis.add(given[index]!);
  const rows: number[][] = [];
  for (const row of wanted) {
    const combination = basis.express(row);
    if (combination === undefined) return undefined;
    rows.push(Array.from(given, (_, index) => combination[index] ?? 0));
  }
  const used = given.map((_, index) => index).filter((index) => rows.some((row) => row[index] !== 0));
  return { rows, used };
}

/** Independent rows in echelon form, each with its combination of the rows that were added. */
function makeBasis(field: GaloisField) {
  const reduced: { readonly pivot: number; readonly row: number[]; readonly combination: number[] }[] = [];
  let added = 0;

  function reduce(row: number[], combination: number[]): void {
    for (const entry of reduced) {
      const factor = row[entry.pivot]!;
      if (factor === 0) continue;
      addMultiple(field, row, entry.row, factor);
      addMultiple(field, combination, entry.combination, factor);
    }
  }

  return {
    get size() {
      return reduced.length;
    },
    add(original: readonly number[]): void {
      const row = [...original];
      const combination: number[] = new Array<number>(added + 1).fill(0);
      combination[added] = 1;
      added += 1;
      reduce(row, combination);
      const pivot = row.findIndex((element) => element !== 0);
      if (pivot < 0) return;
      const scale = field.inverse(row[pivot]!);
      reduced.push({
        pivot,
        row: row.map((element) => field.multiply(element, scale)),
        combination: combination.map((element) => field.multiply(element, scale)),
      });
    },
    express(original: readonly number[]): readonly number[] | undefined {
      const row = [...original];
      const combination: number[] = new Array<number>(added).fill(0);
      reduce(row, combination);
      return row.some((element) => element !== 0) ? undefined : combination;
    },
  };
}

/** row += factor · other, in place. */
function addMultiple(field: GaloisField, row: number[], other: readonly number[], factor: number): void {
  for (let index = 0; index < other.length; index += 1) {
    row[index] = (row[index] ?? 0) ^ field.multiply(factor, other[index]!);
  }
}
