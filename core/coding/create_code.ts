import { BoundedCache } from "./bounded_cache.ts";
import { cauchyMatrix } from "./cauchy_matrix.ts";
import type { Code } from "./code.ts";
import { linearCode } from "./linear_code.ts";

/** What code to make. */
export interface CodeShape {
  readonly dataShards: number;
  readonly parityShards: number;
  /** The name stored in the scheme; the default for new objects where it is left out. */
  readonly code?: string;
}

const codes = new BoundedCache<string, Code>(64);

/** The code of a shape: the same object for the same shape, as long as it is in use. Up to 255 shards; k = 1 and m = 0 are allowed.
 *  Throws `Usage` for a shape or a name that does not exist. */
export function createCode(shape: CodeShape): Code {
  const { dataShards, parityShards, code } = shape;
  return codes.getOrMake(`${dataShards}+${parityShards} ${code ?? ""}`, () => {
    const { name, field, rows } = cauchyMatrix(dataShards, parityShards, code);
    return linearCode({ name, field, dataShards, matrix: rows });
  });
}
