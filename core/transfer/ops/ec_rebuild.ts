import { giveBack, poolMemory, takeBuffer } from "../../../ioswitch/buffer_pool.ts";
import type { OpSpec } from "../../../ioswitch/op_spec.ts";
import { createCoder } from "../../coding/coder.ts";
import { createCode } from "../../coding/create_code.ts";
import { adoptShardMemory } from "../../coding/shard_memory.ts";
import { JcsError } from "../../errors.ts";
import { CODING_PIECE_BYTES, CODING_STRIPE_BYTES } from "../../limits.ts";
import type { EcRebuildAttrs } from "../attrs.ts";
import { createByteReader } from "../byte_reader.ts";

/** `ec.rebuild`: computes shards from other shards of the same range, in lockstep. With data in and parity out it encodes. */
export const ecRebuild: OpSpec<EcRebuildAttrs> = {
  kind: "ec.rebuild",
  pure: true,
  ports: ({ attrs }) => ({
    inputs: attrs.inputs.map(() => "stream"),
    outputs: attrs.outputs.map(() => "stream"),
  }),
  check({ attrs }) {
    return createCode(attrs).canRebuild(attrs.inputs, attrs.outputs)
      ? []
      : [`shards ${attrs.inputs.join(", ")} do not give shards ${attrs.outputs.join(", ")}`];
  },
  describe({ attrs }) {
    const { inputs, outputs, dataShards, parityShards } = attrs;
    const encodes =
      inputs.every((shard) => shard < dataShards) && outputs.every((shard) => shard >= dataShards);
    const verb = encodes ? "encode" : "rebuild";
    return `${verb} ${outputs.join(", ")} from ${inputs.join(", ")} (${dataShards}+${parityShards})`;
  },
  async run(context) {
    const { attrs } = context;
    // So that the code works on pooled buffers where they are.
    adoptShardMemory(poolMemory());
    const coder = createCoder({ code: createCode(attrs), present: attrs.inputs, wanted: attrs.outputs });
    const readers = attrs.inputs.map((_, port) => createByteReader(context.stream(port)));
    const inputs = coder.inputs.map((shard) => readers[attrs.inputs.indexOf(shard)]!);
    const sinks = coder.outputs.map((shard) => context.sink(attrs.outputs.indexOf(shard)));
    const pieceBytes = pieceBytesFor(attrs.dataShards);
    try {
      await Promise.all(
        readers.filter((reader) => !inputs.includes(reader)).map((reader) => reader.cancel()),
      );
      for (;;) {
        const pieces = await Promise.all(inputs.map((reader) => reader.exactly(pieceBytes)));
        const length = commonLength(pieces, coder.inputs);
        if (length === 0) break;
        const outputs = sinks.map(() => takeBuffer(length));
        await coder.run(pieces, outputs);
        pieces.forEach(giveBack);
        const taken = await Promise.all(sinks.map((sink, i) => sink.write(outputs[i]!)));
        taken.forEach((ok, i) => {
          if (!ok) giveBack(outputs[i]!);
        });
        if (!taken.includes(true)) return;
      }
      await Promise.all(sinks.map((sink) => sink.end()));
    } finally {
      await Promise.all(readers.map((reader) => reader.cancel()));
    }
  },
};

/** Bytes of each shard that are coded at a time: a power of two, less for wide codes. */
function pieceBytesFor(dataShards: number): number {
  let bytes = CODING_PIECE_BYTES;
  while (bytes > 4096 && bytes * dataShards > CODING_STRIPE_BYTES) bytes /= 2;
  return bytes;
}

/** The length that all pieces have; 0 at the common end. */
function commonLength(pieces: readonly Uint8Array[], shards: readonly number[]): number {
  const length = pieces[0]?.length ?? 0;
  const odd = pieces.findIndex((piece) => piece.length !== length);
  if (odd < 0) return length;
  const message = `Cannot rebuild shards: shard ${shards[odd]} gave ${pieces[odd]!.length} bytes where shard ${shards[0]} gave ${length}`;
  throw new JcsError("Corrupt", message, { where: { block: shards[odd]! } });
}
