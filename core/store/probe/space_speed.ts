import type { ProbeFinding, ProbeName } from "./finding.ts";

/** How quick a space was when it was probed. */
export interface SpaceSpeed {
  /** Of a small object. */
  readonly readMs: number;
  readonly writeMs: number;
  /** Of a large one, over one stream. */
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
}

/** The speed that a probe measured; `undefined` unless all of it was. */
export function spaceSpeed(findings: readonly ProbeFinding[]): SpaceSpeed | undefined {
  const measured = (name: ProbeName) => findings.find((finding) => finding.name === name)?.value;
  const readMs = measured("read latency");
  const writeMs = measured("write latency");
  const readBytesPerSecond = measured("read throughput");
  const writeBytesPerSecond = measured("write throughput");
  if (readMs === undefined || writeMs === undefined) return undefined;
  if (!readBytesPerSecond || !writeBytesPerSecond) return undefined;
  return { readMs, writeMs, readBytesPerSecond, writeBytesPerSecond };
}
