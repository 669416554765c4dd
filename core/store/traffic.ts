import { type BandwidthTimetable, bandwidthAt } from "./bandwidth.ts";
import type { SharedLimits } from "./layers/bandwidth_limit.ts";
import type { LogEntry } from "./layers/log.ts";
import { createMetricsBook, type MetricsBook } from "./layers/metrics.ts";
import { type TokenBucket, tokenBucket } from "./layers/token_bucket.ts";

/** What the stores of one process have in common: the limits they share and the figures they add to. */
export interface Traffic {
  readonly metrics: MetricsBook;
  readonly log?: { readonly write: (entry: LogEntry) => void; readonly redactPaths: boolean };
  /** The limits of a store: those of the process, and those of its account, which all spaces of the account share. Where these name different
   *  ones, the lowest holds for each. A space without an account is one of its own. */
  limitsOf(space: { readonly name: string; readonly account?: string }, own: AccountLimits): SharedLimits;
}

/** The limits that a space names for its account. */
export interface AccountLimits {
  readonly bandwidth?: BandwidthTimetable;
  /** Operations; 0 for any number. */
  readonly operationsPerSecond: number;
}

/** The traffic of a process. */
export function createTraffic(
  options: Pick<Traffic, "log"> & {
    /** For all spaces together. */
    readonly bandwidth?: BandwidthTimetable;
    readonly date?: () => Date;
  } = {},
): Traffic {
  const { log, bandwidth, date = () => new Date() } = options;
  const all = bandwidth === undefined ? [] : [createBuckets([{ bandwidth, operationsPerSecond: 0 }], date)];
  const accounts = new Map<string, { readonly limits: SharedLimits; readonly named: Named }>();
  return {
    metrics: createMetricsBook(),
    ...(log === undefined ? {} : { log }),
    limitsOf(space, own) {
      const isFree = own.bandwidth === undefined && own.operationsPerSecond === 0;
      if (space.account === undefined && isFree) return joined(all);
      const key = space.account === undefined ? `space ${space.name}` : `account ${space.account}`;
      const named: Named = accounts.get(key)?.named ?? new Map();
      named.set(space.name, own);
      const limits = accounts.get(key)?.limits ?? joined([createBuckets(named, date), ...all]);
      accounts.set(key, { limits, named });
      return limits;
    },
  };
}

/** What each space of an account names. */
type Named = Map<string, AccountLimits>;

/** Buckets for the lowest of `limits`, which may change. */
function createBuckets(
  limits: Named | readonly AccountLimits[],
  date: () => Date,
): Record<keyof SharedLimits, TokenBucket> {
  const lowest = (rate: (limits: AccountLimits) => number) =>
    tokenBucket(() => Math.min(...[...limits.values()].map(rate)));
  return {
    operations: lowest(({ operationsPerSecond: rate }) => (rate === 0 ? Number.POSITIVE_INFINITY : rate)),
    up: lowest(({ bandwidth = [] }) => bandwidthAt(bandwidth, date()).upBytesPerSecond),
    down: lowest(({ bandwidth = [] }) => bandwidthAt(bandwidth, date()).downBytesPerSecond),
  };
}

function joined(buckets: readonly Record<keyof SharedLimits, TokenBucket>[]): SharedLimits {
  return {
    operations: buckets.map(({ operations }) => operations),
    up: buckets.map(({ up }) => up),
    down: buckets.map(({ down }) => down),
  };
}
