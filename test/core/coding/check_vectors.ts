import { makeGoldenVector, readGoldenVectors } from "./golden_vectors.ts";

/** Checks every golden vector in whatever runtime runs this file: prints how many agree, throws at the first that does not. */
const vectors = readGoldenVectors();
for (const vector of vectors) {
  for (const way of ["kernel", "reference"] as const) {
    if (way === "reference" && vector.dataShards * vector.parityShards > 200) continue;
    const made = JSON.stringify(makeGoldenVector(vector, way));
    if (made !== JSON.stringify(vector)) {
      throw new Error(
        `Cannot confirm ${vector.code} ${vector.dataShards}+${vector.parityShards} by ${way}: ${made}`,
      );
    }
  }
}
console.log(`${vectors.length} vectors agree`);
