/** Each bucket ends at so many times the end of the one before. */
const RATIO = 1.1;
/** The end of the first bucket, in milliseconds. */
const FIRST_MS = 0.01;
/** The last one holds everything from about a day on. */
const BUCKETS = 240;

/** How many times took how long, in flat memory. */
export interface Histogram {
  add(milliseconds: number): void;
  /** What the given share of the times (0 to 1) were at the most, up to a tenth too long; 0 when there are none. */
  quantile(share: number): number;
}

/** An empty histogram, its buckets a tenth apart. */
export function createHistogram(): Histogram {
  const counts = new Uint32Array(BUCKETS);
  let total = 0;
  return {
    add(milliseconds) {
      const bucket = Math.ceil(Math.log(milliseconds / FIRST_MS) / Math.log(RATIO));
      const index = Math.min(Math.max(bucket, 0), BUCKETS - 1);
      counts[index] = (counts[index] ?? 0) + 1;
      total += 1;
    },
    quantile(share) {
      const wanted = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      for (const [index, count] of counts.entries()) {
        seen += count;
        if (seen >= wanted) return FIRST_MS * RATIO ** index;
      }
      return 0;
    },
  };
}
