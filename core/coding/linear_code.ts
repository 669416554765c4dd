import { JcsError } from "../errors.ts";
import { BoundedCache } from "./bounded_cache.ts";
import type { Code, Rebuild } from "./code.ts";
import type { GaloisField } from "./galois_field.ts";
import { type KernelChoice, linearRebuild } from "./linear_rebuild.ts";
import { expressRows, identity, type Matrix } from "./matrix.ts";
import type { Factors } from "./wasm/xor_program.ts";
import { blockBytesOf } from "./word_layout.ts";

/** Patterns of lost shards whose plans and kernels a code keeps. */
export const REBUILDS_CACHED = 128;

/** What a linear code is made of. */
export interface LinearCodeShape {
  readonly name: string;
  readonly field: GaloisField;
  readonly dataShards: number;
  /** Parity rows over the data shards. */
  readonly matrix: Matrix;
  readonly groups?: readonly (readonly number[])[];
  readonly kernels?: KernelChoice;
}

/** A {@link Code} for any systematic matrix.
 *
 *  Prefers shards in the order of their numbers, that is data, local parities, global parities; and reads only those that the result
 *  depends on: the rest of its group for one lost shard of a group, k shards for one of a maximum distance separable code, and itself
 *  for one that is present. */
export function linearCode(shape: LinearCodeShape): Code {
  const { name, field, dataShards, matrix, groups = [], kernels } = shape;
  const generator: Matrix = [...identity(dataShards), ...matrix];
  const rebuilds = new BoundedCache<string, Rebuild>(REBUILDS_CACHED);

  function plan(present: readonly number[], wanted: readonly number[]) {
    const copied = (shard: number) => Number(!wanted.includes(shard));
    const preferred = [...present].sort((left, right) => copied(left) - copied(right) || left - right);
    const expressed = expressRows(
      field,
      preferred.map((shard) => generator[shard]!),
      wanted.map((shard) => generator[shard]!),
    );
    if (expressed === undefined) return undefined;
    const used = [...expressed.used].sort((left, right) => preferred[left]! - preferred[right]!);
    return {
      inputs: used.map((index) => preferred[index]!),
      rows: expressed.rows.map((row) => used.map((index) => row[index]!)),
    };
  }

  function checkShards(shards: readonly number[], role: string): void {
    const seen = new Set<number>();
    for (const shard of shards) {
      if (!Number.isInteger(shard) || shard < 0 || shard >= generator.length) {
        throw new JcsError(
          "Usage",
          `Cannot rebuild: ${role} shard ${shard} is not one of 0 to ${generator.length - 1}`,
        );
      }
      if (seen.has(shard)) throw new JcsError("Usage", `Cannot rebuild: ${role} shard ${shard} stands twice`);
      seen.add(shard);
    }
  }

  function makeRebuild(present: readonly number[], wanted: readonly number[]): Rebuild {
    const planned = plan(present, wanted);
    if (planned === undefined) {
      const state = present.length === 0 ? "no shard is present" : `only ${present.join(", ")} present`;
      throw new JcsError(
        "TooFewBlocks",
        `Cannot rebuild shards ${wanted.join(", ")} of ${name} ${dataShards}+${matrix.length}: ${state}`,
      );
    }
    const { inputs, rows } = planned;
    const factors = factorsOf(shape, { inputs, wanted, rows });
    return linearRebuild({ field, inputs, outputs: [...wanted], rows, factors, kernels });
  }

  return {
    name,
    dataShards,
    parityShards: matrix.length,
    blockBytes: blockBytesOf(field.bits),
    matrix,
    groups,
    canRebuild(present, wanted) {
      checkShards(present, "present");
      checkShards(wanted, "wanted");
      return plan(present, wanted) !== undefined;
    },
    rebuild(present, wanted) {
      checkShards(present, "present");
      checkShards(wanted, "wanted");
      return rebuilds.getOrMake(`${present.join()}:${wanted.join()}`, () => makeRebuild(present, wanted));
    },
  };
}

/** The rows of a rebuild as a product of syndromes, which have the structure of the parity rows, and a small dense matrix: for each
 *  parity that is read or wanted, what it lacks over the data at hand. Undefined where that does not lead to `rows`. */
function factorsOf(
  code: LinearCodeShape,
  planned: { readonly inputs: readonly number[]; readonly wanted: readonly number[]; readonly rows: Matrix },
): Factors | undefined {
  const { field, dataShards, matrix } = code;
  const { inputs, wanted, rows } = planned;
  if (inputs.every((input) => input < dataShards)) return undefined;
  const parities = [...new Set([...inputs, ...wanted])].filter((shard) => shard >= dataShards);
  const base = parities.map((parity) =>
    inputs.map((input) =>
      input < dataShards ? matrix[parity - dataShards]![input]! : Number(input === parity),
    ),
  );
  const combined = expressRows(field, base, rows);
  return combined === undefined ? undefined : { base, combine: combined.rows };
}
