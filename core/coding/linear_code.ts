import { JcsError } from "../errors.ts";
import { BoundedCache } from "./bounded_cache.ts";
import type { Code, Rebuild } from "./code.ts";
import type { GaloisField } from "./galois_field.ts";
import { linearRebuild } from "./linear_rebuild.ts";
import { expressRows, identity, type Matrix } from "./matrix.ts";
import { createKernel } from "./wasm/kernel.ts";
import type { Factors } from "./wasm/xor_program.ts";
import { blockBytesOf } from "./word_layout.ts";

/** Patterns of lost shards whose plans and kernels a code keeps. */
export const REBUILDS_CACHED = 128;

/** A {@link Code} for any systematic matrix.
 *
 *  Shards are read in the order data before parity, and only those that the result depends on: for a lost shard of a maximum
 *  distance separable code, k of them. */
export function linearCode(options: {
  readonly name: string;
  readonly field: GaloisField;
  readonly dataShards: number;
  /** Parity rows over the data shards. */
  readonly matrix: Matrix;
}): Code {
  const { name, field, dataShards, matrix } = options;
  const generator: Matrix = [...identity(dataShards), ...matrix];
  const blockBytes = blockBytesOf(field.bits);
  const rebuilds = new BoundedCache<string, Rebuild>(REBUILDS_CACHED);

  function plan(present: readonly number[], wanted: readonly number[]) {
    const preferred = [...present].sort((left, right) => left - right);
    const given = preferred.map((shard) => generator[shard]!);
    const expressed = expressRows(
      field,
      given,
      wanted.map((shard) => generator[shard]!),
    );
    if (expressed === undefined) return undefined;
    const inputs = expressed.used.map((index) => preferred[index]!);
    const rows = expressed.rows.map((row) => expressed.used.map((index) => row[index]!));
    return { inputs, rows };
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
      const state = present.length === 0 ? "no shard is" : `only ${present.join(", ")} are`;
      throw new JcsError(
        "TooFewBlocks",
        `Cannot rebuild shards ${wanted.join(", ")} of ${name} ${dataShards}+${matrix.length}: ${state} present`,
      );
    }
    const { inputs, rows } = planned;
    const factors = factorsOf({ field, dataShards, matrix }, { inputs, wanted, rows });
    return linearRebuild({
      inputs,
      outputs: [...wanted],
      blockBytes,
      kernel: createKernel(field, rows, factors),
    });
  }

  return {
    name,
    dataShards,
    parityShards: matrix.length,
    blockBytes,
    matrix,
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
  code: { readonly field: GaloisField; readonly dataShards: number; readonly matrix: Matrix },
  planned: { readonly inputs: readonly number[]; readonly wanted: readonly number[]; readonly rows: Matrix },
): Factors | undefined {
  const { field, dataShards, matrix } = code;
  const { inputs, wanted, rows } = planned;
  const parities = [...new Set([...inputs, ...wanted])].filter((shard) => shard >= dataShards);
  const base = parities.map((parity) =>
    inputs.map((input) =>
      input < dataShards ? matrix[parity - dataShards]![input]! : Number(input === parity),
    ),
  );
  const combined = expressRows(field, base, rows);
  return combined === undefined ? undefined : { base, combine: combined.rows };
}
