import { JcsError } from "../errors.ts";
import { BLOCKS_MAX } from "../limits.ts";
import { BoundedCache } from "./bounded_cache.ts";
import type { Rebuild } from "./code.ts";
import { galoisField } from "./galois_field.ts";
import { linearRebuild } from "./linear_rebuild.ts";

const sums = new BoundedCache<number, Rebuild>(16);

/** Sets `output` to the XOR of `parts`: what joins the results of {@link Rebuild.part}.
 *
 *  Requires: 1 to 255 parts and the output of one length, a multiple of 256 bytes, the output overlapping no part. Throws `Usage`
 *  otherwise. The caller owns all buffers. */
export function sumShards(parts: readonly Uint8Array[], output: Uint8Array): void {
  if (parts.length < 1 || parts.length > BLOCKS_MAX) {
    throw new JcsError("Usage", `Cannot add shards: ${parts.length} parts, not 1 to ${BLOCKS_MAX}`);
  }
  const inputs = [...parts.keys()];
  const sum = sums.getOrMake(parts.length, () =>
    linearRebuild({ field: galoisField(4), inputs, outputs: [parts.length], rows: [inputs.map(() => 1)] }),
  );
  sum.run(parts, [output]);
}
