import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { shareXors } from "./share_xors.ts";

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
 *  Outputs are taken in groups of `groupSize`, so that their accumulators stay in registers; each group reads all inputs anew. Within
 *  a group each row is either multiplied term by term, sharing XORs with its neighbours, or evaluated by Horner's rule (the
 *  accumulator is multiplied by the ratio of neighbouring coefficients), whichever costs less. With `factors`, the product
 *  form is tried too. */
export function xorProgram(
  field: GaloisField,
  rows: Matrix,
  options: { readonly groupSize?: number; readonly factors?: Factors } = {},
): XorProgram {
  const groupSize = options.groupSize ?? GROUP_SIZE;
  const inputCount = rows[0]?.length ?? 0;
  const direct = new ProgramBuilder(field, inputCount);
  for (let first = 0; first < rows.length; first += groupSize) {
    const sums = direct.accumulate(rows.slice(first, first + groupSize));
    sums.forEach((words, index) => {
      direct.store(first + index, words);
    });
  }
  const plain = direct.finish(rows.length);
  if (options.factors === undefined) return plain;

  const { base, combine } = options.factors;
  const factored = new ProgramBuilder(field, inputCount);
  const sums: (readonly number[])[] = [];
  for (let first = 0; first < base.length; first += groupSize) {
    sums.push(...factored.accumulate(base.slice(first, first + groupSize)));
  }
  factored.combine(combine, sums).forEach((words, index) => {
    factored.store(index, words);
  });
  const product = factored.finish(rows.length);
  return product.xorCount < plain.xorCount ? product : plain;
}

/** Two outputs of four words each, four words of input and what is shared between them fit into 16 registers. */
const GROUP_SIZE = 2;

/** How a group of rows is computed: the order of the inputs, and the rows evaluated by Horner's rule. */
interface Method {
  readonly order: readonly number[];
  readonly horner: readonly boolean[];
}

class ProgramBuilder {
  readonly #field: GaloisField;
  readonly #inputCount: number;
  #steps: XorStep[] = [];
  #valueCount = 0;
  #xorCount = 0;

  constructor(field: GaloisField, inputCount: number) {
    this.#field = field;
    this.#inputCount = inputCount;
  }

  /** Appends the computation of `rows` over all inputs, by the cheapest method; returns the values of each row's words. */
  accumulate(rows: Matrix): (readonly number[])[] {
    const start = { steps: this.#steps, valueCount: this.#valueCount, xorCount: this.#xorCount };
    let best: { readonly builder: ProgramBuilder; readonly sums: (readonly number[])[] } | undefined;
    for (const method of methods(rows, this.#inputCount)) {
      const builder = new ProgramBuilder(this.#field, this.#inputCount);
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

  /** Appends sums · matrix for values that are there already. */
  combine(matrix: Matrix, sums: readonly (readonly number[])[]): (readonly number[])[] {
    const bits = this.#field.bits;
    const targets = matrix.flatMap((row) => this.#targets(row, bits));
    const terms = sums.flat().map((value) => (value < 0 ? this.#zero() : value));
    const results = this.#share(terms, targets);
    return matrix.map((_, index) => results.slice(index * bits, (index + 1) * bits));
  }

  store(shard: number, words: readonly number[]): void {
    words.forEach((value, word) => {
      this.#steps.push({ kind: "store", value: value < 0 ? this.#zero() : value, shard, word });
    });
  }

  finish(outputCount: number): XorProgram {
    return {
      inputCount: this.#inputCount,
      outputCount,
      words: this.#field.bits,
      steps: this.#steps,
      valueCount: this.#valueCount,
      xorCount: this.#xorCount,
    };
  }

  #accumulateBy(method: Method, rows: Matrix): (readonly number[])[] {
    const { multiply, inverse, bits } = this.#field;
    const sums: (readonly number[] | undefined)[] = rows.map(() => undefined);
    const scales = rows.map(() => 1);
    for (const input of method.order) {
      const coefficients = rows.map((row) => row[input]!);
      if (coefficients.every((coefficient) => coefficient === 0)) continue;
      const loaded = Array.from({ length: bits }, (_, word) => this.#load(input, word));
      const factors = coefficients.map((coefficient, row) => {
        if (!method.horner[row] || coefficient === 0) return coefficient;
        const sum = sums[row];
        if (sum !== undefined) sums[row] = this.#multiply(multiply(scales[row]!, inverse(coefficient)), sum);
        scales[row] = coefficient;
        return 1;
      });
      const targets = factors.flatMap((factor) => this.#targets([factor], bits));
      const products = this.#share(loaded, targets);
      factors.forEach((factor, row) => {
        if (factor === 0) return;
        const product = products.slice(row * bits, (row + 1) * bits);
        const sum = sums[row];
        sums[row] = sum === undefined ? product : sum.map((value, word) => this.#xor(value, product[word]!));
      });
    }
    return sums.map((sum, row) =>
      sum === undefined ? new Array<number>(bits).fill(-1) : this.#multiply(scales[row]!, sum),
    );
  }

  /** The words of factors · operands as lists of word numbers. */
  #targets(factors: readonly number[], bits: number): number[][] {
    return Array.from({ length: bits }, (_, word) =>
      factors.flatMap((factor, operand) => {
        const mask = this.#field.bitMatrix(factor)[word]!;
        return Array.from({ length: bits }, (_, bit) => bit)
          .filter((bit) => ((mask >> bit) & 1) === 1)
          .map((bit) => operand * bits + bit);
      }),
    );
  }

  #multiply(factor: number, words: readonly number[]): readonly number[] {
    return factor === 1 ? words : this.#share(words, this.#targets([factor], words.length));
  }

  #share(terms: readonly number[], targets: readonly (readonly number[])[]): number[] {
    const shared = shareXors(terms.length, targets);
    const values = [...terms];
    for (const [left, right] of shared.steps) values.push(this.#xor(values[left]!, values[right]!));
    return shared.results.map((result) => (result < 0 ? -1 : values[result]!));
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
