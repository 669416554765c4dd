import { JcsError } from "../errors.ts";
import { BLOCKS_MAX } from "../limits.ts";
import { type GaloisField, galoisField } from "./galois_field.ts";
import type { Matrix } from "./matrix.ts";

/** The matrix of a systematic code, and the field it is over. */
export interface ParityMatrix {
  /** The name stored in the scheme. */
  readonly name: string;
  readonly field: GaloisField;
  /** m rows over the k data shards. */
  readonly rows: Matrix;
}

/** Codes of up to 16 shards over GF(2^4), and of up to 255 over GF(2^8). */
export const CAUCHY_16 = "cauchy16/1";
export const CAUCHY_256 = "cauchy256/1";

/** Four parities over GF(2^4), for up to 12 data shards: the rows 1, t, 7t/(t+1), 5t/(2t+1), which is a Cauchy matrix in
 *  y = 1/t with the points ∞, 0, 1, 2. Columns and factors were searched for few XORs; each is one hexadecimal digit. */
const FOUR_PARITIES = ["111111111111", "dfe7a5bc6382", "4ea1f2586d9b", "895cfad61472"];

/** The parity matrix of k data and m parity shards. FORMAT: never changes for a name; golden vectors pin it.
 *
 *  `name` defaults to {@link CAUCHY_16} for k+m ≤ 16 and {@link CAUCHY_256} beyond. Column j stands for data shard j and g is the
 *  generator 2 of the field:
 *  - row 0 is all ones, always: the first parity is the XOR of the data;
 *  - m = 2 adds the row g^j, m = 3 also the row g^-j. Multiplying by g or 1/g costs one XOR over GF(2^4), three over GF(2^8), and
 *    sums of that kind are evaluated by Horner's rule. Every square part of these rows is regular: after scaling columns the rows
 *    are 1, x, x² with distinct x, and squaring is one-to-one in characteristic 2;
 *  - m = 4 over GF(2^4) takes the first k columns of {@link FOUR_PARITIES};
 *  - otherwise row i ≥ 1 is 1/(x + y) with x = i - 1 and y the j-th of g^0, g^-1, g^-2 … that is greater than m - 2 or, in other
 *    words, no row's x: a Cauchy matrix with one point at infinity, hence row 1 is a sequence of powers again.
 *
 *  Throws `Usage` for a shape or a name that does not exist. */
export function cauchyMatrix(dataShards: number, parityShards: number, name?: string): ParityMatrix {
  const shards = dataShards + parityShards;
  const shape = `${dataShards}+${parityShards}`;
  if (
    !Number.isInteger(dataShards) ||
    !Number.isInteger(parityShards) ||
    dataShards < 1 ||
    parityShards < 0
  ) {
    throw new JcsError(
      "Usage",
      `Cannot make a code of shape ${shape}: it needs one data shard or more and whole numbers`,
    );
  }
  if (shards > BLOCKS_MAX) {
    throw new JcsError("Usage", `Cannot make a code of shape ${shape}: at most ${BLOCKS_MAX} shards`);
  }
  const chosen = name ?? (shards <= 16 ? CAUCHY_16 : CAUCHY_256);
  if (chosen === CAUCHY_16 && shards > 16) {
    throw new JcsError("Usage", `Cannot make a code of shape ${shape}: "${CAUCHY_16}" has at most 16 shards`);
  }
  if (chosen !== CAUCHY_16 && chosen !== CAUCHY_256) {
    throw new JcsError(
      "Usage",
      `Cannot make a code named "${chosen}": only "${CAUCHY_16}" and "${CAUCHY_256}" are known`,
    );
  }
  const field = galoisField(chosen === CAUCHY_16 ? 4 : 8);
  return { name: chosen, field, rows: parityRows(field, dataShards, parityShards) };
}

function parityRows(field: GaloisField, dataShards: number, parityShards: number): Matrix {
  const columns = Array.from({ length: dataShards }, (_, column) => column);
  const ones = columns.map(() => 1);
  if (parityShards <= 3) {
    const rows = [
      ones,
      columns.map((column) => field.power(column)),
      columns.map((column) => field.power(-column)),
    ];
    return rows.slice(0, parityShards);
  }
  if (parityShards === 4 && field.bits === 4) {
    return FOUR_PARITIES.map((digits) => columns.map((column) => Number.parseInt(digits[column]!, 16)));
  }
  const points: number[] = [];
  for (let exponent = 0; points.length < dataShards; exponent -= 1) {
    const point = field.power(exponent);
    if (point > parityShards - 2) points.push(point);
  }
  const rows: number[][] = [ones];
  for (let row = 1; row < parityShards; row += 1)
    rows.push(points.map((point) => field.inverse(point ^ (row - 1))));
  return rows;
}
