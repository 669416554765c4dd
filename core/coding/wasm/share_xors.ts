/** A straight line of XORs: `steps[i]` computes value `termCount + i` from two earlier values. */
export interface SharedXors {
  readonly steps: readonly (readonly [left: number, right: number])[];
  /** The value of each target; -1 for an empty one. */
  readonly results: readonly number[];
}

/** Computes several XOR sums of the same terms with few XORs, by sharing what they have in common.
 *
 *  `targets` are lists of distinct term numbers below `termCount`. Greedy: the pair that stands in most targets becomes a new
 *  term, again and again; ties go to the smallest numbers, so the result is deterministic.
 *  Source: C. Paar, "Optimized arithmetic for Reed-Solomon encoders", ISIT 1997. */
export function shareXors(termCount: number, targets: readonly (readonly number[])[]): SharedXors {
  const steps: [number, number][] = [];
  const distinct = new Map<string, number[]>();
  for (const target of targets) {
    if (target.length > 0) distinct.set(target.join(), [...target].sort(ascending));
  }
  const open = [...distinct.values()];
  for (;;) {
    const pair = mostCommonPair(open);
    if (pair === undefined) break;
    const [left, right] = pair;
    const value = termCount + steps.length;
    steps.push([left, right]);
    for (const terms of open) {
      const at = terms.indexOf(left);
      const other = terms.indexOf(right);
      if (at < 0 || other < 0) continue;
      terms.splice(other, 1);
      terms.splice(at, 1);
      terms.push(value);
    }
  }
  return { steps, results: targets.map((target) => distinct.get(target.join())?.[0] ?? -1) };
}

/** The pair of terms that most targets have; undefined when each is down to one term. Terms in each target ascend. */
function mostCommonPair(targets: readonly (readonly number[])[]): readonly [number, number] | undefined {
  const counts = new Map<number, number>();
  let best = -1;
  let bestCount = 0;
  for (const terms of targets) {
    for (let low = 0; low < terms.length; low += 1) {
      for (let high = low + 1; high < terms.length; high += 1) {
        const key = terms[low]! * PAIR_RADIX + terms[high]!;
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        if (count > bestCount || (count === bestCount && key < best)) {
          best = key;
          bestCount = count;
        }
      }
    }
  }
  return bestCount === 0 ? undefined : [Math.floor(best / PAIR_RADIX), best % PAIR_RADIX];
}

const PAIR_RADIX = 1 << 16;

function ascending(left: number, right: number): number {
  return left - right;
}
