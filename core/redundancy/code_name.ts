/** The code that new objects of this shape are stored with: over GF(2^4) while it has enough elements, else over GF(2^8). */
export function codeNameFor(dataShards: number, parityShards: number): string {
  return dataShards + parityShards <= 16 ? "cauchy16/1" : "cauchy256/1";
}
