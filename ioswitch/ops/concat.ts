import { giveBack } from "../buffer_pool.ts";
import type { OpSpec } from "../op_spec.ts";

/** Attributes of {@link concat}. */
export type ConcatAttrs = { readonly count: number };

/** `count` streams as one, in the order of the inputs. Later ones wait, with full wires, for their turn. */
export const concat: OpSpec<ConcatAttrs> = {
  kind: "concat",
  pure: true,
  ports: (op) => ({
    inputs: Array.from({ length: op.attrs.count }, () => "stream" as const),
    outputs: ["stream"],
  }),
  check: ({ attrs }) =>
    Number.isSafeInteger(attrs.count) && attrs.count >= 0 ? [] : ['"count" must be a whole number'],
  describe: (op) => `join ${op.attrs.count} streams`,
  async run(context) {
    const sink = context.sink(0);
    for (let port = 0; port < context.attrs.count; port++) {
      for await (const chunk of context.stream(port)) {
        if (await sink.write(chunk)) continue;
        giveBack(chunk);
        return;
      }
    }
    await sink.end();
  },
};
