import { createHash, randomFillSync } from "node:crypto";
import { availableParallelism } from "node:os";
import { crc32 } from "node:zlib";
import { CHECKSUM_CHUNK_BYTES, STREAM_CHUNK_BYTES } from "../limits.ts";
import { measureSpeed, type Speed } from "../measure_speed.ts";
import { closeHashers, createHasher, type Hasher } from "./hasher.ts";

/** One measured case. */
export interface HashBenchResult extends Speed {
  /** For example `sha256 here`. */
  readonly name: string;
}

/** Measures the checksums of jcs, case by case, on chunks of {@link STREAM_CHUNK_BYTES}. */
export async function* benchHash(options: { readonly caseMs: number }): AsyncGenerator<HashBenchResult> {
  const chunk = randomFillSync(new Uint8Array(STREAM_CHUNK_BYTES));
  const measure = (work: () => Promise<unknown> | undefined, chunks = 1) =>
    measureSpeed(work, { bytes: chunks * chunk.length, caseMs: options.caseMs });
  for (const algorithm of ["sha256", "md5"]) {
    const hash = createHash(algorithm);
    yield { name: `${algorithm} here`, ...(await measure(() => void hash.update(chunk))) };
  }
  yield {
    name: "crc32 here",
    ...(await measure(() => {
      for (let start = 0; start < chunk.length; start += CHECKSUM_CHUNK_BYTES)
        crc32(chunk.subarray(start, start + CHECKSUM_CHUNK_BYTES));
      return undefined;
    })),
  };
  for (const objects of new Set([1, availableParallelism()])) {
    const hashers = Array.from({ length: objects }, () => createHasher({ algorithm: "sha256" }));
    try {
      const work = () => Promise.all(hashers.map((hasher: Hasher) => hasher.update(chunk)));
      const name = `sha256 as put does, ${objects} ${objects === 1 ? "object" : "objects"}`;
      yield { name, ...(await measure(work, objects)) };
    } finally {
      for (const hasher of hashers) hasher.cancel();
      await closeHashers();
    }
  }
}
