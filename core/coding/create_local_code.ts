import { BoundedCache } from "./bounded_cache.ts";
import type { Code } from "./code.ts";
import { linearCode } from "./linear_code.ts";
import type { KernelChoice } from "./linear_rebuild.ts";
import { type LocalShape, localMatrix } from "./local_matrix.ts";

/** What code with local groups to make. */
export interface LocalCodeShape extends LocalShape {
  /** The name stored in the scheme; the default for new objects where it is left out. */
  readonly code?: string;
  /** `auto` unless a test or a measurement says otherwise. */
  readonly kernels?: KernelChoice;
}

const codes = new BoundedCache<string, Code>(64);

/** The code LRC(k, l, g): the same object for the same shape, as long as it is in use. Its `parityShards` are l + g, local ones first, and
 *  `rebuild` reads the group alone where that suffices. Throws `Usage` for a shape or a name that does not exist. See
 *  {@link localMatrix} for the format. */
export function createLocalCode(shape: LocalCodeShape): Code {
  const { dataShards, localParities, globalParities, code, kernels = "auto" } = shape;
  return codes.getOrMake(`${dataShards}+${localParities}+${globalParities} ${code ?? ""} ${kernels}`, () => {
    const { name, field, rows, groups } = localMatrix(shape, code);
    return linearCode({ name, field, dataShards, matrix: rows, groups, kernels });
  });
}
