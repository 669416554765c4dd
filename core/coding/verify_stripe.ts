import { Buffer } from "node:buffer";
import { JcsError } from "../errors.ts";
import type { Code } from "./code.ts";

/** Bytes of a shard that are recomputed at once. */
const PIECE_BYTES = 64 * 1024;

/** The parity shards that do not follow from the data: none in an intact stripe.
 *
 *  `shards` are all data and parity shards of `code`, by number. Tells that something is wrong, not which shard: checksums do that. Uses
 *  64 KiB for each parity shard. Throws `Usage` for a wrong number of shards, and for lengths that differ or are no multiple of the
 *  code's block. */
export function verifyStripe(code: Code, shards: readonly Uint8Array[]): readonly number[] {
  const { dataShards, parityShards } = code;
  if (shards.length !== dataShards + parityShards) {
    const expected = dataShards + parityShards;
    throw new JcsError(
      "Usage",
      `Cannot verify a stripe of ${code.name}: ${shards.length} shards, not ${expected}`,
    );
  }
  const lengthBytes = shards[0]!.length;
  if (lengthBytes % code.blockBytes !== 0 || shards.some((shard) => shard.length !== lengthBytes)) {
    const lengths = shards.map((shard) => shard.length).join(", ");
    throw new JcsError(
      "Usage",
      `Cannot verify a stripe of ${code.name}: lengths ${lengths} are not one multiple of ${code.blockBytes}`,
    );
  }
  const numbers = shards.map((_, shard) => shard);
  const encode = code.rebuild(numbers.slice(0, dataShards), numbers.slice(dataShards));
  const buffers = encode.outputs.map(() => new Uint8Array(Math.min(PIECE_BYTES, lengthBytes)));
  const wrong = new Set<number>();
  for (let start = 0; start < lengthBytes; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, lengthBytes);
    const computed = buffers.map((buffer) => buffer.subarray(0, end - start));
    encode.run(
      encode.inputs.map((shard) => shards[shard]!.subarray(start, end)),
      computed,
    );
    encode.outputs.forEach((shard, index) => {
      if (Buffer.compare(computed[index]!, shards[shard]!.subarray(start, end)) !== 0) wrong.add(shard);
    });
  }
  return [...wrong].sort((left, right) => left - right);
}
