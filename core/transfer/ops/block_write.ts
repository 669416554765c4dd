import type { Json, JsonObject } from "../../../ioswitch/json.ts";
import type { OpSpec, RunContext } from "../../../ioswitch/op_spec.ts";
import { blockOverheadBytes, blockStream } from "../../block/block_stream.ts";
import type { BlockDescriptor } from "../../block/descriptor.ts";
import { formatByteSize } from "../../bytes/byte_size.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { type ErrorKind, JcsError, toJcsError, withPlace } from "../../errors.ts";
import type { BlockWriteAttrs } from "../attrs.ts";
import { SPACE_STORES } from "../space_stores.ts";
import type { DescriptorSeed } from "../transfer.ts";
import type { ContentFacts } from "./hash.ts";

/** What `block.write` says in the end. */
export type BlockWriteOutcome = JsonObject &
  (
    | {
        readonly ok: true;
        readonly index: number;
        readonly space: string;
        readonly path: string;
        readonly bytes: number;
        readonly payloadBytes: number;
      }
    | {
        readonly ok: false;
        readonly index: number;
        readonly space: string;
        readonly path: string;
        readonly kind: ErrorKind;
        readonly message: string;
      }
  );

/** `block.write`: a payload stream and the facts of the whole object become one block on a space.
 *
 *  When the space fails, a tolerant write swallows the rest of its input, so that the other blocks go on, and tells of it in
 *  its value; any other one fails the plan. A failing input always fails the plan. */
export const blockWrite: OpSpec<BlockWriteAttrs> = {
  kind: "block.write",
  effect: true,
  ports: () => ({ inputs: ["stream", "value"], outputs: ["value"] }),
  check: () => [],
  describe({ attrs }) {
    const size = attrs.payloadBytes === undefined ? "" : `: ${formatByteSize(attrs.payloadBytes)}`;
    return `write block ${attrs.index} to "${attrs.space}"${size}`;
  },
  async run(context) {
    const { attrs } = context;
    const place = { index: attrs.index, space: attrs.space, path: attrs.path };
    const input = guardInput(context.stream(0));
    try {
      const written = await writeBlock(context, input.stream);
      context.put(0, { ok: true, ...place, ...written });
    } catch (error) {
      if (input.failed() || context.signal.aborted || !attrs.tolerant) throw error;
      const { kind, message } = toJcsError(error);
      await input.drain();
      context.put(0, { ok: false, ...place, kind, message });
    }
  },
};

async function writeBlock(context: RunContext<BlockWriteAttrs>, payload: ByteStream) {
  const { attrs, signal } = context;
  const seed = attrs.descriptor as unknown as DescriptorSeed;
  let payloadBytes = attrs.payloadBytes;
  const body = blockStream(payload, {
    checksumChunkBytes: seed.checksumChunkBytes,
    ...(payloadBytes === undefined ? {} : { expectedPayloadBytes: payloadBytes }),
    async descriptor(bytes) {
      payloadBytes = bytes;
      const facts = (await context.value(1)) as Json as ContentFacts;
      return describeBlock(seed, attrs.index, facts, bytes);
    },
  });
  try {
    const store = await context.services.get(SPACE_STORES).open(attrs.space);
    const size = knownBytes(attrs, seed);
    const meta = await store.write(attrs.path, body, { signal, ...(size === undefined ? {} : { size }) });
    if (meta.size === undefined || payloadBytes === undefined)
      throw new JcsError(
        "Unexpected",
        `Cannot learn how large "${attrs.path}" on space "${attrs.space}" became`,
      );
    return { bytes: meta.size, payloadBytes };
  } catch (error) {
    throw withPlace(error, {
      space: attrs.space,
      path: attrs.path,
      block: attrs.index,
      generation: seed.generation,
    });
  }
}

/** The whole descriptor of a block; without `hash` while it is not known. */
function describeBlock(
  seed: DescriptorSeed,
  index: number,
  facts: { readonly size: number; readonly hash?: string },
  payloadBytes: number,
): BlockDescriptor {
  const { createdAt, modifiedAt, ...rest } = seed;
  return {
    ...rest,
    ...facts,
    index,
    payloadBytes,
    createdAt: new Date(createdAt),
    ...(modifiedAt === undefined ? {} : { modifiedAt: new Date(modifiedAt) }),
  };
}

/** Bytes of the block file, when size and payload length are known. */
function knownBytes(attrs: BlockWriteAttrs, seed: DescriptorSeed): number | undefined {
  const { payloadBytes, size } = attrs;
  if (payloadBytes === undefined || size === undefined) return undefined;
  const descriptor = describeBlock(seed, attrs.index, { size }, payloadBytes);
  return payloadBytes + blockOverheadBytes(descriptor, { hashLater: true });
}

/** The input, with the knowledge whether it was itself what failed, and a way to swallow what is left of it. */
function guardInput(source: ByteStream) {
  const iterator = source[Symbol.asyncIterator]();
  let failed = false;
  let last: Promise<unknown> = Promise.resolve();
  async function pull() {
    try {
      return await iterator.next();
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  /** One pull at a time: a store may give up while it still waits for a chunk. */
  function next() {
    const result = last.then(pull);
    last = result.catch(() => undefined);
    return result;
  }
  async function drain() {
    while (!(await next()).done);
  }
  // Deliberately without `return`: a store that gives up must not cancel what the other blocks still need.
  const stream: ByteStream = { [Symbol.asyncIterator]: () => ({ next }) };
  return { stream, drain, failed: () => failed };
}
