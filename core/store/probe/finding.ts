/** What was measured. */
export type ProbeName =
  | "read range"
  | "read of a version"
  | "read after write"
  | "write of unknown size"
  | "write if absent"
  | "atomic overwrite"
  | "list after write"
  | "list in order"
  | "letter case"
  | "user metadata"
  | "checksum"
  | "checksum on write"
  | "multipart"
  | "longest name"
  | "clock skew"
  | "write latency"
  | "stat latency"
  | "read latency"
  | "remove latency"
  | "list latency"
  | "write throughput"
  | "read throughput";

/** One thing that `space probe` found out about a live store. JSON. */
export interface ProbeFinding {
  readonly name: ProbeName;
  /** `yes`: it does; `no`: it does not, and does not claim to; `broken`: it claims to and does not; `unknown`: the measurement failed. */
  readonly verdict: "yes" | "no" | "broken" | "unknown";
  readonly value?: number;
  readonly unit?: "ms" | "bytes" | "bytesPerSecond";
  /** In words, for people. */
  readonly detail?: string;
}

/** All findings of one probe, as they are recorded. */
export interface ProbeRecord {
  readonly probedAt: Date;
  /** Stands for the connection that was probed; see {@link judgeProbe}. */
  readonly connection?: string;
  readonly findings: readonly ProbeFinding[];
}
