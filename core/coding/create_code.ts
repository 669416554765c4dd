import { BoundedCache } from "./bounded_cache.ts";
import { cauchyMatrix } from "./cauchy_matrix.ts";
import type { Code } from "./code.ts";
import { linearCode } from "./linear_code.ts";
import type { KernelChoice } from "./linear_rebuild.ts";

/** What code to make. */
export interface CodeShape {
  readonly dataShards: number;
  readonly parityShards: number;
  /** The name stored in the scheme; the default for new objects where it is left out. */
  readonly code?: string;
  /** `auto` unless a test or a measurement says otherwise. */
  readonly kernels?: KernelChoice;
}

const codes = new BoundedCache<string, Code>(64);

/** The Reed-Solomon code of a shape: the same object for the same shape, as long as it is in use. Up to 255 shards; k = 1 and m = 0
 *  are allowed. Throws `Usage` for a shape or a name that does not exist. See {@link cauchyMatrix} for the format. */
export function createCode(shape: CodeShape): Code {
  const { dataShards, parityShards, code, kernels = "auto" } = shape;
  return codes.getOrMake(`${dataShards}+${parityShards} ${code ?? ""} ${kernels}`, () => {
    const { name, field, rows } = cauchyMatrix(dataShards, parityShards, code);
    return linearCode({ name, field, dataShards, matrix: rows, kernels });
  });
}
