import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createCode } from "../../../core/coding/create_code.ts";
import { galoisField } from "../../../core/coding/galois_field.ts";
import { referenceCode } from "../../../core/coding/reference_code.ts";

/** One pinned encoding. Data shard j is SHA-256 of "<code> <k>+<m> shard <j> part 0", "… part 1" and so on, one digest after the
 *  other, cut to `shardBytes`. */
export interface GoldenVector {
  readonly code: string;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly shardBytes: number;
  /** Rows of hexadecimal field elements, one digit each over GF(2^4), two over GF(2^8). */
  readonly matrix: readonly string[];
  /** SHA-256 of each parity shard. */
  readonly paritySha256: readonly string[];
}

/** Where the vectors of Cauchy codes lie. */
export const VECTORS_FILE = new URL("../../../fixtures/vectors/cauchy.json", import.meta.url);

/** The pinned vectors. */
export function readGoldenVectors(): readonly GoldenVector[] {
  return JSON.parse(readFileSync(VECTORS_FILE, "utf8")) as readonly GoldenVector[];
}

/** What the code gives today, by the kernel or by the reference. */
export function makeGoldenVector(
  shape: Pick<GoldenVector, "code" | "dataShards" | "parityShards" | "shardBytes">,
  way: "kernel" | "reference",
): GoldenVector {
  const { dataShards, parityShards, shardBytes } = shape;
  const code = createCode(shape);
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
