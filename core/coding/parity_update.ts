import { JcsError } from "../errors.ts";
import { BoundedCache } from "./bounded_cache.ts";
import type { Code, Rebuild } from "./code.ts";
import { galoisField } from "./galois_field.ts";
import { linearRebuild } from "./linear_rebuild.ts";
import { unitRow } from "./matrix.ts";
import { bitsOfBlock } from "./word_layout.ts";

/** Buffers of one parity update; the caller owns them, and none may overlap `newParity`. */
export interface ParityUpdateBuffers {
  /** The changed data shards as they were and as they are, in the order of {@link ParityUpdate.changed}. */
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  /** The parity shards as they were, and where the new ones go, in the order of {@link ParityUpdate.parity}. */
  readonly oldParity: readonly Uint8Array[];
  readonly newParity: readonly Uint8Array[];
}

/** The computation of new parity when some data changed, from nothing but the change and the old parity. */
export interface ParityUpdate {
  readonly changed: readonly number[];
  /** All parity shards that depend on `changed`. */
  readonly parity: readonly number[];
  /** Computes the new parity. Throws `Usage` for wrong counts, lengths or overlapping buffers. */
  run(buffers: ParityUpdateBuffers): void;
}

const updates = new WeakMap<Code, BoundedCache<string, ParityUpdate>>();

/** Plans the update of the parity of `code` after data shards `changed` have changed. Cached. Cheaper than encoding anew where fewer than
 *  half the data shards change. Throws `Usage` for numbers that are not data shards, that stand twice, or none. */
export function parityUpdate(code: Code, changed: readonly number[]): ParityUpdate {
  const valid = changed.every((shard) => Number.isInteger(shard) && shard >= 0 && shard < code.dataShards);
  if (!valid || changed.length === 0 || new Set(changed).size < changed.length) {
    const range = `not distinct data shards from 0 to ${code.dataShards - 1}`;
    throw new JcsError(
      "Usage",
      `Cannot update parity for shards ${changed.join(", ") || "(none)"}: ${range}`,
    );
  }
  let cache = updates.get(code);
  if (cache === undefined) {
    cache = new BoundedCache(32);
    updates.set(code, cache);
  }
  return cache.getOrMake(changed.join(), () => planUpdate(code, [...changed]));
}

function planUpdate(code: Code, changed: readonly number[]): ParityUpdate {
  const affected = [...code.matrix.keys()].filter((row) =>
    changed.some((shard) => code.matrix[row]![shard] !== 0),
  );
  const parity = affected.map((row) => code.dataShards + row);
  const count = changed.length;
  const width = 2 * count + affected.length;
  const coefficients = affected.map((row) => changed.map((shard) => code.matrix[row]![shard]!));
  /** What changed, then the old parity, over the inputs before, after, old parity. */
  const base = [
    ...changed.map((_, index) =>
      Array.from({ length: width }, (_, input) => Number(input === index || input === index + count)),
    ),
    ...affected.map((_, index) => unitRow(width, 2 * count + index)),
  ];
  const combine = coefficients.map((row, index) => [...row, ...unitRow(affected.length, index)]);
  const rows = coefficients.map((row, index) => [...row, ...row, ...unitRow(affected.length, index)]);
  const update: Rebuild = linearRebuild({
    field: galoisField(bitsOfBlock(code.blockBytes)),
    inputs: [...changed, ...changed, ...parity],
    outputs: parity,
    rows,
    factors: { base, combine },
  });
  return {
    changed,
    parity,
    run: ({ before, after, oldParity, newParity }) =>
      update.run([...before, ...after, ...oldParity], newParity),
  };
}
