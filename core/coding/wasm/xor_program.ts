import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { type BitProducts, bitProducts } from "./bit_products.ts";

/** outputs = rows · inputs as a straight line of word operations. Values are numbered from 0, each is set once. */
export interface XorProgram {
  readonly inputCount: number;
  readonly outputCount: number;
  /** Words in a block: the field's bits. */
  readonly words: number;
  readonly steps: readonly XorStep[];
  readonly valueCount: number;
  /** Number of `xor` steps. */
  readonly xorCount: number;
}

/** One step. `shard` counts inputs in `load` and outputs in `store`. */
export type XorStep =
  | { readonly kind: "load"; readonly value: number; readonly shard: number; readonly word: number }
  | { readonly kind: "zero"; readonly value: number }
  | { readonly kind: "xor"; readonly value: number; readonly left: number; readonly right: number }
  | { readonly kind: "store"; readonly value: number; readonly shard: number; readonly word: number };

/** The same rows as a product: rows = combine · base. Rebuilding is cheap this way: `base` has the structure of the encoding
 *  (syndromes), and the dense `combine` is applied once to its few results rather than to every input. */
export interface Factors {
  readonly base: Matrix;
  readonly combine: Matrix;
}

/** Writes the program for `rows`, the cheapest that it finds.
 *
 *  Outputs are taken in pairs, three are taken together, or `groupSize` at a time where that is given, so that their accumulators
 *  stay in registers; each group reads all inputs anew. Within a group each row is either multiplied term by term, sharing XORs with its neighbours, or evaluated by Horner's rule (the
 *  accumulator is multiplied by the ratio of neighbouring coefficients), whichever costs less. With `factors`, the product
 *  form is tried too. */
export function xorProgram(
  field: GaloisField,
  rows: Matrix,
  options: { readonly groupSize?: number; readonly factors?: Factors } = {},
): XorProgram {
  const { factors } = options;
  const inputCount = rows[0]?.length ?? 0;
  const products = bitProducts(field);
  const direct = new ProgramBuilder(products, inputCount);
  let done = 0;
  for (const group of groupsOf(rows, options.groupSize)) {
    for (const words of direct.accumulate(group)) direct.store(done++, words);
  }
  const plain = direct.finish(rows.length);
  if (factors === undefined || matrixBits(field, factors.combine) > COMBINE_BITS_MAX) return plain;

  const factored = new ProgramBuilder(products, inputCount);
  const sums = groupsOf(factors.base, options.groupSize).flatMap((group) => factored.accumulate(group));
  factored.combine(factors.combine, sums).forEach((words, index) => {
    factored.store(index, words);
  });
  const product = factored.finish(rows.length);
  return product.xorCount < plain.xorCount ? product : plain;
}

/** Bits in the bit matrices of all coefficients. */
export function matrixBits(field: GaloisField, rows: Matrix): number {
  return rows.length * (rows[0]?.length ?? 0) * field.bits * field.bits;
}

/** Sharing XORs in a larger dense matrix takes longer than it is worth. */
const COMBINE_BITS_MAX = 2048;

/** Two outputs of four words, four words of input and what they share fit in 16 registers; with three it is tight, but reading the
 *  inputs once rather than twice outweighs that. */
function groupsOf(rows: Matrix, groupSize = rows.length === 3 ? 3 : 2): Matrix[] {
  const groups: Matrix[] = [];
  for (let first = 0; first < rows.length; first += groupSize)
    groups.push(rows.slice(first, first + groupSize));
  return groups;
}

/** How a group of rows is computed: the order of the inputs, and the rows evaluated by Horner's rule. */
interface Method {
  readonly order: readonly number[];
  readonly horner: readonly boolean[];
}

/** The values of a vector's words; -1 for a word that is zero. */
type Words = readonly number[];

class ProgramBuilder {
  readonly #products: BitProducts;
  readonly #inputCount: number;
  #steps: XorStep[] = [];
  #valueCount = 0;
  #xorCount = 0;

  constructor(products: BitProducts, inputCount: number) {
    this.#products = products;
    this.#inputCount = inputCount;
  }

  /** Appends the computation of `rows` over all inputs, by the cheapest method; returns the values of each row's words. */
  accumulate(rows: Matrix): Words[] {
    const start = { steps: this.#steps, valueCount: this.#valueCount, xorCount: this.#xorCount };
    let best: { readonly builder: ProgramBuilder; readonly sums: Words[] } | undefined;
    for (const method of methods(rows, this.#inputCount)) {
      const builder = new ProgramBuilder(this.#products, this.#inputCount);
      builder.#valueCount = start.valueCount;
      builder.#xorCount = start.xorCount;
      const sums = builder.#accumulateBy(method, rows);
      if (best === undefined || builder.#xorCount < best.builder.#xorCount) best = { builder, sums };
    }
    const { builder, sums } = best!;
    this.#steps = start.steps.concat(builder.#steps);
    this.#valueCount = builder.#valueCount;
    this.#xorCount = builder.#xorCount;
    return sums;
  }

  /** Appends matrix · sums for values that are there already. */
  combine(matrix: Matrix, sums: readonly Words[]): Words[] {
    return this.#multiply(
      matrix,
      sums.map((words) => words.map((value) => (value < 0 ? this.#zero() : value))),
    );
  }

  store(shard: number, words: Words): void {
    words.forEach((value, word) => {
      this.#steps.push({ kind: "store", value: value < 0 ? this.#zero() : value, shard, word });
    });
  }

  finish(outputCount: number): XorProgram {
    return {
      inputCount: this.#inputCount,
      outputCount,
      words: this.#products.field.bits,
      steps: this.#steps,
      valueCount: this.#valueCount,
      xorCount: this.#xorCount,
    };
  }

  #accumulateBy(method: Method, rows: Matrix): Words[] {
    const { multiply, inverse, bits } = this.#products.field;
    const sums: (Words | undefined)[] = rows.map(() => undefined);
    const scales = rows.map(() => 1);
    for (const input of method.order) {
      const coefficients = rows.map((row) => row[input]!);
      if (coefficients.every((coefficient) => coefficient === 0)) continue;
      const loaded = Array.from({ length: bits }, (_, word) => this.#load(input, word));
      const factors = coefficients.map((coefficient, row) => {
        if (!method.horner[row] || coefficient === 0) return coefficient;
        const sum = sums[row];
        if (sum !== undefined) sums[row] = this.#scale(multiply(scales[row]!, inverse(coefficient)), sum);
        scales[row] = coefficient;
        return 1;
      });
      const products = this.#multiply(
        factors.map((factor) => [factor]),
        [loaded],
      );
      products.forEach((product, row) => {
        if (factors[row] === 0) return;
        const sum = sums[row];
        sums[row] = sum === undefined ? product : sum.map((value, word) => this.#xor(value, product[word]!));
      });
    }
    return sums.map((sum, row) =>
      sum === undefined ? new Array<number>(bits).fill(-1) : this.#scale(scales[row]!, sum),
    );
  }

  #scale(factor: number, words: Words): Words {
    return factor === 1 ? words : this.#multiply([[factor]], [words])[0]!;
  }

  #multiply(matrix: Matrix, operands: readonly Words[]): Words[] {
    const { bits } = this.#products.field;
    const { steps, results } = this.#products.of(matrix);
    const values = operands.flat();
    for (const [left, right] of steps) values.push(this.#xor(values[left]!, values[right]!));
    const words = results.map((result) => (result < 0 ? -1 : values[result]!));
    return matrix.map((_, row) => words.slice(row * bits, (row + 1) * bits));
  }

  #load(shard: number, word: number): number {
    const value = this.#valueCount++;
    this.#steps.push({ kind: "load", value, shard, word });
    return value;
  }

  #zero(): number {
    const value = this.#valueCount++;
    this.#steps.push({ kind: "zero", value });
    return value;
  }

  #xor(left: number, right: number): number {
    const value = this.#valueCount++;
    this.#xorCount += 1;
    this.#steps.push({ kind: "xor", value, left, right });
    return value;
  }
}

/** All ways to compute a group: each subset of the rows that are not all ones by Horner's rule, in both directions. */
function* methods(rows: Matrix, inputCount: number): Iterable<Method> {
  const forward = Array.from({ length: inputCount }, (_, input) => input);
  const plain = rows.map((row) => row.every((coefficient) => coefficient <= 1));
  yield { order: forward, horner: rows.map(() => false) };
  for (let subset = 1; subset < 1 << rows.length; subset += 1) {
    const horner = rows.map((_, row) => ((subset >> row) & 1) === 1);
    if (horner.some((chosen, row) => chosen && plain[row])) continue;
    yield { order: forward, horner };
    yield { order: [...forward].reverse(), horner };
  }
}
