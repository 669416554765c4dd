import type { OpSpec } from "../../../ioswitch/op_spec.ts";
import { openBlock } from "../../block/open_block.ts";
import { formatByteSize } from "../../bytes/byte_size.ts";
import { withPlace } from "../../errors.ts";
import type { BlockReadAttrs } from "../attrs.ts";
import { READ_PATIENCE } from "../read_patience.ts";
import { SPACE_STORES } from "../space_stores.ts";
import { withStallLimit } from "../stall_limit.ts";

/** `block.read`: a range of a block's payload, every checksum chunk verified before it is handed on.
 *
 *  Fails with `Corrupt`, `NotFound`, `Unreachable` or `TimedOut`, always naming space, block and generation. */
export const blockRead: OpSpec<BlockReadAttrs> = {
  kind: "block.read",
  pure: true,
  ports: () => ({ inputs: [], outputs: ["stream"] }),
  check({ attrs }) {
    const inside =
      attrs.offset >= 0 && attrs.length >= 0 && attrs.offset + attrs.length <= attrs.payloadBytes;
    return inside
      ? []
      : [`range ${attrs.offset}+${attrs.length} leaves the payload of ${attrs.payloadBytes} bytes`];
  },
  describe({ attrs }) {
    const whole = attrs.offset === 0 && attrs.length === attrs.payloadBytes;
    const part = whole ? "" : `, from byte ${attrs.offset}`;
    return `read block ${attrs.index} on "${attrs.space}": ${formatByteSize(attrs.length)}${part}`;
  },
  async run(context) {
    const { attrs, signal } = context;
    const where = { space: attrs.space, path: attrs.path, block: attrs.index, generation: attrs.generation };
    const { stallMs } = context.services.get(READ_PATIENCE);
    async function* read() {
      try {
        const store = await context.services.get(SPACE_STORES).open(attrs.space);
        const block = await openBlock(store, attrs.path, {
          blockBytes: attrs.bytes,
          payloadBytes: attrs.payloadBytes,
          expected: { generation: attrs.generation, index: attrs.index },
          signal,
        });
        yield* block.read(attrs.offset, attrs.length);
      } catch (error) {
        throw withPlace(error, where);
      }
    }
    await context.emit(0, withStallLimit(read(), stallMs, where));
  },
};
