import { type BandwidthTimetable, bandwidthAt } from "./bandwidth.ts";
import type { SharedLimits } from "./layers/bandwidth_limit.ts";
import type { LogEntry } from "./layers/log.ts";
import { createMetricsBook, type MetricsBook } from "./layers/metrics.ts";
import { type TokenBucket, tokenBucket } from "./layers/token_bucket.ts";

/** What the stores of one process have in common: the limits they share and the figures they add to. */
export interface Traffic {
  readonly metrics: MetricsBook;
  readonly log?: { readonly write: (entry: LogEntry) => void; readonly redactPaths: boolean };
  /** The limits of a store: those of the process, and those of its account, which all stores of the account share. The first store of an
   *  account decides its limits. */
  limitsOf(account: string, own: AccountLimits): SharedLimits;
}

/** The limits of one account. */
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
  const byteBuckets = (timetable: BandwidthTimetable | undefined) => ({
    up: timetable === undefined ? [] : [tokenBucket(() => bandwidthAt(timetable, date()).upBytesPerSecond)],
    down:
      timetable === undefined ? [] : [tokenBucket(() => bandwidthAt(timetable, date()).downBytesPerSecond)],
  });
  const all = byteBuckets(bandwidth);
  const accounts = new Map<string, SharedLimits>();
  return {
    metrics: createMetricsBook(),
    ...(log === undefined ? {} : { log }),
    limitsOf(account, own) {
      const known = accounts.get(account);
      if (known !== undefined) return known;
      const { up, down } = byteBuckets(own.bandwidth);
      const rate = own.operationsPerSecond;
      const operations: readonly TokenBucket[] = rate === 0 ? [] : [tokenBucket(() => rate)];
      const limits = { operations, up: [...up, ...all.up], down: [...down, ...all.down] };
      accounts.set(account, limits);
      return limits;
    },
  };
}
