import { giveBack, shareBuffer } from "../buffer_pool.ts";
import type { OpSpec, Sink } from "../op_spec.ts";

/** Attributes of {@link clone}. */
export type CloneAttrs = { readonly count: number };

/** One stream to `count` consumers, in step: the fastest is ahead of the slowest by at most what a wire holds.
 *
 *  All consumers get the same chunks, which nobody changes. A consumer that gives up does not stop the others; when
 *  all have, the producer is stopped. Where the outputs meet again further down, the difference between the two ways
 *  (how many bytes one takes before the other yields its first) must fit into the wires, or the plan cannot move. */
export const clone: OpSpec<CloneAttrs> = {
  kind: "clone",
  ports: (op) => ({
    inputs: ["stream"],
    outputs: Array.from({ length: op.attrs.count }, () => "stream" as const),
  }),
  check: ({ attrs }) =>
    Number.isSafeInteger(attrs.count) && attrs.count >= 1 ? [] : ['"count" must be a whole number from 1'],
  describe: (op) => `clone to ${op.attrs.count}`,
  async run(context) {
    let sinks: Sink[] = Array.from({ length: context.attrs.count }, (_, port) => context.sink(port));
    for await (const chunk of context.stream(0)) {
      shareBuffer(chunk, sinks.length - 1);
      // All writes start before the first is awaited.
      const accepted = sinks.map((sink) => sink.write(chunk));
      let refused = false;
      for (const answer of accepted) refused = !(await answer) || refused;
      if (!refused) continue;
      const answers = await Promise.all(accepted);
      for (const taken of answers) if (!taken) giveBack(chunk);
      sinks = sinks.filter((_, index) => answers[index]);
      if (sinks.length === 0) break;
    }
    await Promise.all(sinks.map((sink) => sink.end()));
  },
};
