import { formatAddress } from "../catalog/address.ts";
import type { BlockRecord, ObjectRecord } from "../catalog/catalog.ts";
import { isKind, JcsError } from "../errors.ts";
import { shapeOf } from "../redundancy/shape.ts";
import { speedClasses } from "../redundancy/speed_classes.ts";
import type { SpaceSpeed } from "../store/probe/space_speed.ts";
import type { From } from "../transfer/transfer.ts";

/** Which blocks to read an object from, next. */
export interface BlockChoice {
  readonly from: readonly From[];
  /** Where the choice ends: the end of the object, or of the strip when blocks with known damage are among them. */
  readonly end: number;
  /** Blocks are among them that were too slow before: wait longer. */
  readonly patient: boolean;
}

/** What went wrong with the blocks of one object while it is being read, and what can still be done. */
export interface Losses {
  /** Chooses blocks for reading on from byte `position`: those without a failure when they suffice; otherwise, a strip at a time, also blocks
   *  that are damaged elsewhere, and at last those that were only slow. Prefers healthy spaces, then quick ones, then data to parity. Throws
   *  `TooFewBlocks` naming every loss. */
  choose(position: number, suspects: ReadonlySet<string>): BlockChoice;
  /** Block `index` failed while `choice` was read. */
  add(index: number, error: JcsError, choice: BlockChoice): void;
}

interface Loss {
  readonly error: JcsError;
  /** Ends of the strips that it is known to fail in. */
  readonly strips: Set<number>;
  /** Nothing more is to be had from it. */
  gone: boolean;
}

/** Starts with no losses but the blocks that the catalogue does not have. `speeds`: those of spaces that were measured. */
export function createLosses(
  object: ObjectRecord,
  speeds: ReadonlyMap<string, SpaceSpeed> = new Map(),
): Losses {
  const { redundancy, size, payloadBytes } = object.generation;
  const names = object.blocks.map(({ space }) => space);
  const slow = speedClasses(names, { speeds, direction: "read", bytes: payloadBytes });
  const { needed } = shapeOf(redundancy);
  const stripBytes = redundancy.kind === "ec" ? redundancy.dataShards * redundancy.chunkBytes : 1024 * 1024;
  const losses = new Map<number, Loss>();

  function best(usable: readonly BlockRecord[], suspects: ReadonlySet<string>): readonly From[] | undefined {
    if (usable.length < needed) return undefined;
    return usable
      .toSorted(
        (a, b) =>
          Number(losses.has(a.index)) - Number(losses.has(b.index)) ||
          Number(suspects.has(a.space)) - Number(suspects.has(b.space)) ||
          (slow.get(a.space) ?? 0) - (slow.get(b.space) ?? 0) ||
          a.index - b.index,
      )
      .slice(0, needed)
      .map((block) => sourceOf(object, block));
  }

  return {
    choose(position, suspects) {
      const sound = best(
        object.blocks.filter((block) => !losses.has(block.index)),
        suspects,
      );
      if (sound) return { from: sound, end: size, patient: false };
      const stripEnd = Math.min(size, (Math.floor(position / stripBytes) + 1) * stripBytes);
      const left = object.blocks.filter((block) => {
        const loss = losses.get(block.index);
        return !loss || (!loss.gone && !loss.strips.has(stripEnd));
      });
      const patched = best(left, suspects);
      if (!patched) throw tooFewBlocks(object, losses, left.length);
      return { from: patched, end: stripEnd, patient: true };
    },
    add(index, error, choice) {
      const loss = losses.get(index) ?? { error, strips: new Set<number>(), gone: false };
      losses.set(index, loss);
      if (choice.patient) loss.strips.add(choice.end);
      // Damage is in one place and slowness may pass; what is missing or unreachable stays so.
      if (!isKind(error, "Corrupt", "TimedOut") || (choice.patient && isKind(error, "TimedOut")))
        loss.gone = true;
    },
  };
}

/** A stored block as the source of a transfer. */
export function sourceOf(object: Pick<ObjectRecord, "generation">, block: BlockRecord): From {
  const { id, payloadBytes, redundancy } = object.generation;
  return {
    kind: "block",
    holds: redundancy.kind === "ec" ? { shard: block.index } : "object",
    block: { ...block, generation: id, payloadBytes },
  };
}

function tooFewBlocks(object: ObjectRecord, losses: ReadonlyMap<number, Loss>, usable: number): JcsError {
  const { blocks, needed } = shapeOf(object.generation.redundancy);
  const spaces = new Map(object.blocks.map((block) => [block.index, block.space]));
  const reasons = Array.from({ length: blocks }, (_, index) => index)
    .filter((index) => losses.has(index) || !spaces.has(index))
    .map((index) => {
      const loss = losses.get(index);
      return loss
        ? `block ${index} on "${spaces.get(index)}": ${loss.error.message}`
        : `block ${index} was never written`;
    });
  const name = formatAddress(object.address);
  const state = `${usable} of ${blocks} blocks can be read and ${needed} ${needed === 1 ? "is" : "are"} needed`;
  return new JcsError("TooFewBlocks", `Cannot read "${name}": ${state}\n  ${reasons.join("\n  ")}`, {
    where: { object: name },
    cause: [...losses.values()][0]?.error,
  });
}
