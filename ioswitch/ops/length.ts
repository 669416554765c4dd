import { giveBack } from "../buffer_pool.ts";
import type { OpSpec } from "../op_spec.ts";

/** Attributes of {@link length}: none. */
export type LengthAttrs = Readonly<Record<never, never>>;

/** Passes a stream on and counts its bytes: output 0 is the stream, output 1 the count.
 *
 *  The count is that of the whole stream: when the consumer of output 0 gives up while the count is still wanted,
 *  reading goes on. */
export const length: OpSpec<LengthAttrs> = {
  kind: "length",
  pure: true,
  ports: () => ({ inputs: ["stream"], outputs: ["stream", "value"] }),
  check: () => [],
  describe: () => "count bytes",
  async run(context) {
    const sink = context.sink(0);
    let bytes = 0;
    for await (const chunk of context.stream(0)) {
      bytes += chunk.length;
      if (!(await sink.write(chunk))) giveBack(chunk);
    }
    context.put(1, bytes);
    await sink.end();
  },
};
