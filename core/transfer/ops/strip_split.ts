import { giveBack, shareBuffer } from "../../../ioswitch/buffer_pool.ts";
import type { OpSpec, RunContext } from "../../../ioswitch/op_spec.ts";
import { formatByteSize } from "../../bytes/byte_size.ts";
import { lastChunkBytes } from "../../redundancy/strip_layout.ts";
import type { StripAttrs } from "../attrs.ts";

/** `strip.split`: cuts an object into its data shards (formats.md §3). Holds at most one strip, as the chunks it came in: whether a strip
 *  is the last, and so a short one, shows only when it is full or the object ends. A shard that nobody reads any more does not stop
 *  the others. */
export const stripSplit: OpSpec<StripAttrs> = {
  kind: "strip.split",
  ports: ({ attrs }) => ({ inputs: ["stream"], outputs: Array(attrs.dataShards).fill("stream") }),
  check: ({ attrs }) =>
    attrs.chunkBytes % attrs.blockBytes === 0 ? [] : ["the chunk is not a whole number of code blocks"],
  describe: ({ attrs }) => `split into ${attrs.dataShards} shards by ${formatByteSize(attrs.chunkBytes)}`,
  async run(context) {
    const { dataShards, chunkBytes, blockBytes } = context.attrs;
    const stripBytes = dataShards * chunkBytes;
    let strip: Uint8Array[] = [];
    let filled = 0;
    for await (const chunk of context.stream(0)) {
      let rest = chunk;
      while (filled + rest.length >= stripBytes) {
        const length = stripBytes - filled;
        strip.push(rest.subarray(0, length));
        if (length < rest.length) shareBuffer(rest, 1);
        rest = rest.subarray(length);
        await writeStrip(context, strip, chunkBytes);
        strip = [];
        filled = 0;
        if (rest.length === 0) break;
      }
      if (rest.length === 0) continue;
      strip.push(rest);
      filled += rest.length;
    }
    if (filled > 0) {
      const chunk = lastChunkBytes(filled, dataShards, blockBytes);
      strip.push(new Uint8Array(dataShards * chunk - filled));
      await writeStrip(context, strip, chunk);
    }
    await Promise.all(Array.from({ length: dataShards }, (_, shard) => context.sink(shard).end()));
  },
};

/** Hands out one strip: `chunkBytes` to each shard in turn, as views of its parts. */
async function writeStrip(
  context: RunContext<StripAttrs>,
  strip: readonly Uint8Array[],
  chunkBytes: number,
): Promise<void> {
  let position = 0;
  for (const part of strip) {
    for (let rest = part; rest.length > 0; ) {
      const piece = rest.subarray(0, chunkBytes - (position % chunkBytes));
      if (piece.length < rest.length) shareBuffer(piece, 1);
      rest = rest.subarray(piece.length);
      const sink = context.sink(Math.floor(position / chunkBytes));
      position += piece.length;
      if (!(await sink.write(piece))) giveBack(piece);
    }
  }
}
