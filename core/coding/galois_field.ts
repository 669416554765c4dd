/** A finite field GF(2^bits); elements are the numbers 0 to 2^bits - 1, addition is XOR. Immutable and shared. */
export interface GaloisField {
  /** The exponent: field elements are so many bits wide. */
  readonly bits: 4 | 8;
  /** Number of elements. */
  readonly size: number;
  multiply(left: number, right: number): number;
  /** The inverse of a non-zero element; throws `RangeError` for 0. */
  inverse(element: number): number;
  /** The generator 2 (the polynomial x) raised to `exponent`, which may be negative. */
  power(exponent: number): number;
  /** Multiplication by `element` as a bits × bits matrix over GF(2): bit j of row i says whether bit j of the
   *  argument goes into bit i of the product. */
  bitMatrix(element: number): readonly number[];
}

/** The field polynomials of the stored format: x⁴+x+1 and x⁸+x⁴+x³+x²+1. In both, x generates all non-zero elements. */
const POLYNOMIALS = { 4: 0x13, 8: 0x11d } as const;

const fields = new Map<number, GaloisField>();

/** The field with 2^`bits` elements. */
export function galoisField(bits: 4 | 8): GaloisField {
  let field = fields.get(bits);
  if (field === undefined) {
    field = makeField(bits);
    fields.set(bits, field);
  }
  return field;
}

function makeField(bits: 4 | 8): GaloisField {
  const size = 1 << bits;
  const order = size - 1;
  const exponentials = new Uint8Array(2 * order);
  const logarithms = new Uint8Array(size);
  let element = 1;
  for (let exponent = 0; exponent < order; exponent += 1) {
    exponentials[exponent] = element;
    exponentials[exponent + order] = element;
    logarithms[element] = exponent;
    element <<= 1;
    if (element >= size) element ^= POLYNOMIALS[bits];
  }

  const multiply = (left: number, right: number): number =>
    left === 0 || right === 0 ? 0 : exponentials[logarithms[left]! + logarithms[right]!]!;

  const bitMatrices: (readonly number[])[] = [];
  for (let factor = 0; factor < size; factor += 1) {
    const rows = new Array<number>(bits).fill(0);
    for (let column = 0; column < bits; column += 1) {
      const product = multiply(factor, 1 << column);
      for (let row = 0; row < bits; row += 1) rows[row]! |= ((product >> row) & 1) << column;
    }
    bitMatrices.push(rows);
  }

  return {
    bits,
    size,
    multiply,
    inverse(element) {
      if (element === 0) throw new RangeError("Cannot invert a field element: it is 0");
      return exponentials[order - logarithms[element]!]!;
    },
    power: (exponent) => exponentials[((exponent % order) + order) % order]!,
    bitMatrix: (element) => bitMatrices[element]!,
  };
}
