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
  const distinct = new Map<string, Set<number>>();
  for (const target of targets) {
    if (target.length > 0) distinct.set(target.join(), new Set(target));
  }
  const open = [...distinct.values()];
  const counts = new PairCounts();
  for (const terms of open) {
    for (const left of terms) for (const right of terms) if (left < right) counts.add(left, right, 1);
  }
  for (let pair = counts.mostCommon(); pair !== undefined; pair = counts.mostCommon()) {
    const [left, right] = pair;
    const value = termCount + steps.length;
    steps.push([left, right]);
    for (const terms of open) {
      if (!terms.has(left) || !terms.has(right)) continue;
      terms.delete(left);
      terms.delete(right);
      counts.add(left, right, -1);
      for (const other of terms) {
        counts.add(left, other, -1);
        counts.add(right, other, -1);
        counts.add(other, value, 1);
      }
      terms.add(value);
    }
  }
  const results = targets.map((target) => {
    const [value = -1] = distinct.get(target.join()) ?? [];
    return value;
  });
  return { steps, results };
}

/** In how many targets each pair of terms stands. */
class PairCounts {
  readonly #counts = new Map<number, number>();

  add(one: number, other: number, change: number): void {
    const key = one < other ? one * RADIX + other : other * RADIX + one;
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  mostCommon(): readonly [number, number] | undefined {
    let best = -1;
    let bestCount = 0;
    for (const [key, count] of this.#counts) {
      if (count > bestCount || (count === bestCount && key < best)) {
        best = key;
        bestCount = count;
      }
    }
    return bestCount === 0 ? undefined : [Math.floor(best / RADIX), best % RADIX];
  }
}

/** More than any number of terms. */
const RADIX = 1 << 16;
