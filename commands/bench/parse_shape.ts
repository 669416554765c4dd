import type { BenchShape } from "../../core/coding/bench_coding.ts";
import { JcsError } from "../../core/errors.ts";

/** Reads the shape of a code: `4+2`, or `12+2+2` with 2 local and 2 global parities. Throws `Usage` for anything else; whether there is such a
 *  code shows when it is made. */
export function parseShape(text: string): BenchShape {
  const match = /^(\d{1,3})\+(\d{1,3})(?:\+(\d{1,3}))?$/.exec(text);
  if (match === null)
    throw new JcsError(
      "Usage",
      `Cannot read ${JSON.stringify(text)} as a shape: write data+parity or data+local+global`,
    );
  const [dataShards = 0, parities = 0, globalParities = 0] = match.slice(1).map((part) => Number(part ?? 0));
  if (match[3] === undefined) return { dataShards, parityShards: parities };
  return { dataShards, parityShards: parities + globalParities, globalParities };
}
