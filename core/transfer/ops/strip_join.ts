import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { OpSpec } from "../../../ioswitch/op_spec.ts";
import { formatByteSize } from "../../bytes/byte_size.ts";
import { JcsError } from "../../errors.ts";
import { stripLayout } from "../../redundancy/strip_layout.ts";
import type { StripJoinAttrs } from "../attrs.ts";
import { createByteReader } from "../byte_reader.ts";

/** `strip.join`: a range of the object out of the parts of its data shards that hold it, each exactly its `shardRange`. */
export const stripJoin: OpSpec<StripJoinAttrs> = {
  kind: "strip.join",
  ports: ({ attrs }) => ({ inputs: attrs.shards.map(() => "stream"), outputs: ["stream"] }),
  check({ attrs }) {
    const inside = 0 <= attrs.start && attrs.start <= attrs.end && attrs.end <= attrs.size;
    return inside ? [] : [`range ${attrs.start} to ${attrs.end} leaves the object of ${attrs.size} bytes`];
  },
  describe: ({ attrs }) =>
    `join shards ${attrs.shards.join(", ")}: ${formatByteSize(attrs.end - attrs.start)}`,
  async run(context) {
    const { attrs } = context;
    const readers = new Map(
      attrs.shards.map((shard, port) => [shard, createByteReader(context.stream(port))]),
    );
    const sink = context.sink(0);
    try {
      for (const piece of stripLayout(attrs).pieces(attrs)) {
        const reader = readers.get(piece.shard)!;
        for (let left = piece.length; left > 0; ) {
          const chunk = await reader.atMost(left);
          if (chunk === undefined) throw shortShard(piece.shard, left);
          left -= chunk.length;
          if (!(await sink.write(chunk))) {
            giveBack(chunk);
            return;
          }
        }
      }
      await sink.end();
    } finally {
      await Promise.all([...readers.values()].map((reader) => reader.cancel()));
    }
  },
};

function shortShard(shard: number, missing: number): JcsError {
  return new JcsError("Corrupt", `Cannot join strips: shard ${shard} ended ${missing} bytes early`, {
    where: { block: shard },
  });
}
