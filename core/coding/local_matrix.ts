import { JcsError } from "../errors.ts";
import { BLOCKS_MAX } from "../limits.ts";
import type { ParityMatrix } from "./cauchy_matrix.ts";
import { galoisField } from "./galois_field.ts";

/** A {@link ParityMatrix} with local groups. */
export interface LocalMatrix extends ParityMatrix {
  /** For each group its data shards and its parity shard. */
  readonly groups: readonly (readonly number[])[];
}

/** Shape of a code with local groups. */
export interface LocalShape {
  readonly dataShards: number;
  readonly localParities: number;
  readonly globalParities: number;
}

/** Codes over GF(2^4), for up to 5 groups of 3, and over GF(2^8), for up to 17 groups of 15. */
export const LOCAL_16 = "lrc16/1";
export const LOCAL_256 = "lrc256/1";

/** The matrix of LRC(k, l, g): k data shards in l groups, an XOR parity for each group, and up to 2 global parities.
 *
 *  FORMAT: never changes for a name; golden vectors pin it. Shards are numbered data, local parities, global parities. Data shard j is in
 *  group i = ⌊j·l/k⌋, at a position p counted from its group's first shard; local parity i is the XOR of group i. Global parity 0 is Σ α·data,
 *  global parity 1 is Σ α²·data, with α = 2^(i + 5p) over GF(2^4), 2^(i + 17p) over GF(2^8).
 *
 *  Maximally recoverable: whatever any code with these groups could repair, this one does, that is g shards beyond one of each group.
 *  The α of a group lie in a multiple of the subfield GF(2^2) or GF(2^4); those multiples are vector spaces that share only 0, so sums of two α
 *  from one group are never 0 and never equal to α or such a sum of another, which makes all determinants that occur non-zero
 *  (compare C. Huang et al., "Erasure Coding in Windows Azure Storage", USENIX ATC 2012, §2.2).
 *
 *  Throws `Usage` for a shape or a name that does not exist. `name` defaults to the smaller field that has room. */
export function localMatrix(shape: LocalShape, name?: string): LocalMatrix {
  const { dataShards, localParities, globalParities } = shape;
  const title = `${dataShards}+${localParities}+${globalParities}`;
  const wholeNumbers = [dataShards, localParities, globalParities].every(Number.isInteger);
  if (!wholeNumbers || localParities < 1 || dataShards < localParities) {
    throw refusal(title, "it needs one local parity or more, and a data shard for each");
  }
  if (globalParities < 0 || globalParities > 2) throw refusal(title, "it has 0, 1 or 2 global parities");
  const shardCount = dataShards + localParities + globalParities;
  if (shardCount > BLOCKS_MAX) throw refusal(title, `at most ${BLOCKS_MAX} shards`);
  const groupShards = Math.ceil(dataShards / localParities);
  const chosen = name ?? (localParities <= 5 && groupShards <= 3 ? LOCAL_16 : LOCAL_256);
  if (chosen !== LOCAL_16 && chosen !== LOCAL_256) {
    throw refusal(title, `only "${LOCAL_16}" and "${LOCAL_256}" are known, not "${chosen}"`);
  }
  const field = galoisField(chosen === LOCAL_16 ? 4 : 8);
  const groupsMax = field.bits === 4 ? 5 : 17;
  const groupShardsMax = field.bits === 4 ? 3 : 15;
  if (localParities > groupsMax || groupShards > groupShardsMax) {
    throw refusal(title, `"${chosen}" has at most ${groupsMax} groups of ${groupShardsMax}`);
  }

  const members: number[][] = Array.from({ length: localParities }, () => []);
  const exponents: number[] = [];
  for (let shard = 0; shard < dataShards; shard += 1) {
    const group = Math.floor((shard * localParities) / dataShards);
    exponents.push(group + groupsMax * members[group]!.length);
    members[group]!.push(shard);
  }
  const local = members.map((group) => exponents.map((_, shard) => Number(group.includes(shard))));
  const global = [exponents.map(field.power), exponents.map((exponent) => field.power(2 * exponent))];
  return {
    name: chosen,
    field,
    rows: [...local, ...global.slice(0, globalParities)],
    groups: members.map((group, index) => [...group, dataShards + index]),
  };
}

function refusal(title: string, state: string): JcsError {
  return new JcsError("Usage", `Cannot make a code with local groups of shape ${title}: ${state}`);
}
