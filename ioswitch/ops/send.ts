import { BORDER } from "../border.ts";
import type { OpSpec } from "../op_spec.ts";
import type { Carries, NodeId } from "../plan.ts";

/** Attributes of {@link send}. */
export type SendAttrs = { readonly to: NodeId; readonly channel: string; readonly carries: Carries };

/** Carries a stream or a value over a node border; `receive` with the same channel is the other end. Made by `split`.
 *  Towards the driver it holds what it has until the driver asks. */
export const send: OpSpec<SendAttrs> = {
  kind: "send",
  effect: true,
  ports: (op) => ({ inputs: [op.attrs.carries], outputs: [] }),
  check: ({ attrs }) => checkBorder(attrs, "to"),
  describe: (op) => `send ${op.attrs.carries} to "${op.attrs.to}" as "${op.attrs.channel}"`,
  async run(context) {
    const { to, channel, carries } = context.attrs;
    const border = context.services.get(BORDER);
    if (carries === "stream") await border.sendStream(to, channel, context.stream(0), context.signal);
    else await border.sendValue(to, channel, await context.value(0), context.signal);
  },
};

/** What is wrong with the attributes of a `send` or a `receive`; `peer` is the attribute that names the other node. */
export function checkBorder(attrs: Readonly<Record<string, unknown>>, peer: "to" | "from"): string[] {
  const problems: string[] = [];
  if (typeof attrs[peer] !== "string" || attrs[peer] === "") problems.push(`"${peer}" must name a node`);
  if (typeof attrs["channel"] !== "string" || attrs["channel"] === "")
    problems.push('"channel" must be a name');
  if (attrs["carries"] !== "stream" && attrs["carries"] !== "value") {
    problems.push('"carries" must be "stream" or "value"');
  }
  return problems;
}
