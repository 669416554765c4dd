import { BORDER } from "../border.ts";
import type { OpSpec } from "../op_spec.ts";
import type { Carries, NodeId } from "../plan.ts";
import { checkBorder } from "./send.ts";

/** Attributes of {@link receive}. */
export type ReceiveAttrs = { readonly from: NodeId; readonly channel: string; readonly carries: Carries };

/** The other end of `send`: what node `from` sends as `channel`. Made by `split`. */
export const receive: OpSpec<ReceiveAttrs> = {
  kind: "receive",
  ports: (op) => ({ inputs: [], outputs: [op.attrs.carries] }),
  check: ({ attrs }) => checkBorder(attrs, "from"),
  describe: (op) => `receive ${op.attrs.carries} "${op.attrs.channel}" from "${op.attrs.from}"`,
  async run(context) {
    const { from, channel, carries } = context.attrs;
    const border = context.services.get(BORDER);
    if (carries === "stream")
      await context.emit(0, await border.receiveStream(from, channel, context.signal));
    else context.put(0, await border.receiveValue(from, channel, context.signal));
  },
};
