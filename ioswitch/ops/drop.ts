import type { OpSpec } from "../op_spec.ts";

/** Attributes of {@link drop}: none. */
export type DropAttrs = Readonly<Record<never, never>>;

/** The consumer of a stream that nobody wants: cancels it without reading. */
export const drop: OpSpec<DropAttrs> = {
  kind: "drop",
  ports: () => ({ inputs: ["stream"], outputs: [] }),
  check: () => [],
  describe: () => "drop",
  async run(context) {
    await context.stream(0)[Symbol.asyncIterator]().return?.();
  },
};
