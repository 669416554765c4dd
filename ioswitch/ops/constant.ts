import type { Json } from "../json.ts";
import type { OpSpec } from "../op_spec.ts";

/** Attributes of {@link constant}. */
export type ConstantAttrs = { readonly value: Json };

/** A value that is known when the plan is made. */
export const constant: OpSpec<ConstantAttrs> = {
  kind: "constant",
  pure: true,
  ports: () => ({ inputs: [], outputs: ["value"] }),
  check: ({ attrs }) => (attrs.value === undefined ? ['"value" is missing'] : []),
  describe: (op) => `constant ${JSON.stringify(op.attrs.value)}`,
  async run(context) {
    context.put(0, context.attrs.value);
  },
};
