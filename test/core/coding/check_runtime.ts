import { checkBoundaries } from "./check_boundaries.ts";
import { checkSharedMemory } from "./check_shared_memory.ts";
import { makeGoldenVector, readGoldenVectors, waysFor } from "./golden_vectors.ts";

/** Checks, in whatever runtime runs this file, every golden vector and computing in a worker. Throws at the first that is wrong. */
const vectors = readGoldenVectors();
for (const vector of vectors) {
  for (const way of waysFor(vector)) {
    const made = JSON.stringify(makeGoldenVector(vector, way));
    if (made !== JSON.stringify(vector)) {
      throw new Error(
        `Cannot confirm ${vector.code} ${vector.dataShards}+${vector.parityShards} by ${way}: ${made}`,
      );
    }
  }
}
console.log(`${vectors.length} vectors agree`);

console.log(`${checkBoundaries()} boundaries agree`);

await checkSharedMemory();
console.log("worker agrees");
