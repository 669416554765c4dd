import type { BlockRecord } from "../catalog/catalog.ts";
import type { Redundancy } from "../redundancy/scheme.ts";
import type { ContentFacts } from "../transfer/ops/hash.ts";
import type { BlockSource, BlockTarget, Holds, To, Transfer } from "../transfer/transfer.ts";
import type { PutTargets } from "./prepare_put.ts";
import { OBJECT_STREAM } from "./read_transfer.ts";

/** Result name of the outcome of block `index`. */
export function blockResult(index: number): string {
  return `block ${index}`;
}

/** The transfer that stores the caller's stream as the blocks of a put. `size` in bytes, when known. */
export function putTransfer(targets: PutTargets, size: number | undefined): Transfer {
  return {
    from: [{ kind: "caller", name: OBJECT_STREAM }],
    to: targets.blocks.map((target) => blockTo(targets.redundancy, target)),
    tolerateFailedWrites: true,
    ...codeOf(targets.redundancy),
    ...(size === undefined ? {} : { size }),
  };
}

/** The transfer that makes missing blocks of an object from those that are there. */
export function rebuildTransfer(
  object: { readonly generation: string; readonly redundancy: Redundancy; readonly facts: ContentFacts },
  present: readonly (BlockRecord & { readonly payloadBytes: number })[],
  missing: readonly BlockTarget[],
): Transfer {
  const { generation, redundancy, facts } = object;
  return {
    from: present.map((block) => {
      const source: BlockSource = { ...block, generation };
      return { kind: "block", holds: holdsOf(redundancy, block.index), block: source };
    }),
    to: missing.map((target) => blockTo(redundancy, target)),
    tolerateFailedWrites: true,
    ...codeOf(redundancy),
    ...facts,
  };
}

/** What block `index` of an object holds. */
export function holdsOf(redundancy: Redundancy, index: number): Holds {
  return redundancy.kind === "ec" ? { shard: index } : "object";
}

function blockTo(redundancy: Redundancy, target: BlockTarget): To {
  return { kind: "block", name: blockResult(target.index), holds: holdsOf(redundancy, target.index), target };
}

function codeOf(redundancy: Redundancy): Pick<Transfer, "ec"> {
  return redundancy.kind === "ec" ? { ec: redundancy } : {};
}
