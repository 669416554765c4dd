import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { JsonObject } from "../../../ioswitch/json.ts";
import type { OpSpec } from "../../../ioswitch/op_spec.ts";
import { createHasher } from "../../bytes/hasher.ts";
import type { HashAttrs } from "../attrs.ts";

/** What `hash` says of the bytes that passed. */
export interface ContentFacts extends JsonObject {
  readonly size: number;
  /** `sha256:` and 64 hex digits. */
  readonly hash: string;
}

/** `hash`: passes a stream on and tells its length and SHA-256 when it has ended. */
export const hash: OpSpec<HashAttrs> = {
  kind: "hash",
  ports: () => ({ inputs: ["stream"], outputs: ["stream", "value"] }),
  check: () => [],
  describe: () => "SHA-256 of the object",
  async run(context) {
    const { size: sizeBytes } = context.attrs;
    const hasher = createHasher({ algorithm: "sha256", ...(sizeBytes === undefined ? {} : { sizeBytes }) });
    try {
      const sink = context.sink(0);
      let size = 0;
      for await (const chunk of context.stream(0)) {
        size += chunk.length;
        await hasher.update(chunk);
        // A consumer that has gone does not stop the hash: others may still wait for its value.
        if (!(await sink.write(chunk))) giveBack(chunk);
      }
      const facts: ContentFacts = { size, hash: await hasher.digest() };
      context.put(1, facts);
      await sink.end();
    } finally {
      hasher.cancel();
    }
  },
};
