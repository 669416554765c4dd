import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createCode } from "../../../core/coding/create_code.ts";
import { createLocalCode } from "../../../core/coding/create_local_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";

/** One pinned encoding. Data shard j is SHA-256 of "<code> <k>+<m> shard <j> part 0", "… part 1" and so on, one digest after the
 *  other, cut to `shardBytes`. */
export interface GoldenVector {
  readonly code: string;
  readonly dataShards: number;
  readonly parityShards: number;
  /** How many of the parity shards are global ones, in codes with local groups. */
  readonly globalParities?: number;
  readonly shardBytes: number;
  /** Rows of hexadecimal field elements, one digit each over GF(2^4), two over GF(2^8). */
  readonly matrix: readonly string[];
  /** SHA-256 of each parity shard. */
  readonly paritySha256: readonly string[];
}

/** What identifies a vector. */
export type GoldenShape = Omit<GoldenVector, "matrix" | "paritySha256">;

/** Where the vectors of Reed-Solomon codes and of codes with local groups lie. */
export const VECTOR_FILES = ["cauchy.json", "lrc.json"].map(
  (name) => new URL(`../../../fixtures/vectors/${name}`, import.meta.url),
);

/** The vectors pinned in a file, or in all of them. */
export function readGoldenVectors(files = VECTOR_FILES): readonly GoldenVector[] {
  return files.flatMap((file) => JSON.parse(readFileSync(file, "utf8")) as readonly GoldenVector[]);
}

/** Shapes too large for straight code or for the slow reference are not checked that way. */
export function waysFor(shape: Pick<GoldenShape, "dataShards" | "parityShards">) {
  const size = shape.dataShards * shape.parityShards;
  return (["generic", "unrolled", "reference"] as const).filter((way) => way === "generic" || size <= 100);
}

/** What the code gives today, by one of the kernels or by the reference. */
export function makeGoldenVector(
  shape: GoldenShape,
  way: "generic" | "unrolled" | "reference",
): GoldenVector {
  const { dataShards, parityShards, globalParities, shardBytes } = shape;
  const kernels = way === "reference" ? "auto" : way;
  const code =
    globalParities === undefined
      ? createCode({ ...shape, kernels })
      : createLocalCode({ ...shape, localParities: parityShards - globalParities, globalParities, kernels });
  const seed = `${shape.code} ${dataShards}+${parityShards}`;
  const data = Array.from({ length: dataShards }, (_, shard) =>
    patternBytes(`${seed} shard ${shard}`, shardBytes),
  );
  const parity = code.matrix.map(() => new Uint8Array(shardBytes));
  if (way === "reference") {
    const field = galoisField(code.blockBytes === 256 ? 4 : 8);
    referenceCode(field, code.matrix, { inputs: data, outputs: parity });
  } else if (parityShards > 0) {
    const encode = code.rebuild(
      [...data.keys()],
      Array.from(parity, (_, row) => dataShards + row),
    );
    encode.run(data, parity);
  }
  const digits = code.blockBytes === 256 ? 1 : 2;
  return {
    code: code.name,
    dataShards,
    parityShards,
    ...(globalParities === undefined ? {} : { globalParities }),
    shardBytes,
    matrix: code.matrix.map((row) =>
      row.map((element) => element.toString(16).padStart(digits, "0")).join(""),
    ),
    paritySha256: parity.map((shard) => createHash("sha256").update(shard).digest("hex")),
  };
}

/** Bytes that look random and that any other program can make too: SHA-256 of "<seed> part 0", "<seed> part 1" … one after
 *  the other, cut to length. */
export function patternBytes(seed: string, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let start = 0; start < lengthBytes; start += 32) {
    const part = createHash("sha256")
      .update(`${seed} part ${start / 32}`)
      .digest();
    bytes.set(part.subarray(0, Math.min(32, lengthBytes - start)), start);
  }
  return bytes;
}
