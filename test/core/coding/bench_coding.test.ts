import { expect, test } from "vitest";
import { benchCoding } from "../../../core/coding/bench_coding.ts";

test("measures each case once and names it", () => {
  const results = [
    ...benchCoding({
      shapes: [{ dataShards: 2, parityShards: 1 }],
      shardBytes: [4096],
      operations: ["encode", "rebuild 1"],
      temperatures: ["hot"],
      caseMs: 10,
    }),
  ];
  expect(results.map((result) => result.name)).toEqual([
    "encode 2+1 4KiB hot in place",
    "encode 2+1 4KiB hot copied",
    "rebuild 1 2+1 4KiB hot in place",
    "rebuild 1 2+1 4KiB hot copied",
  ]);
  for (const { bestGBps, medianGBps, middleGBps, windows } of results) {
    expect(windows).toBeGreaterThan(0);
    expect(bestGBps).toBeGreaterThanOrEqual(middleGBps[1]);
    expect(medianGBps).toBeGreaterThanOrEqual(middleGBps[0]);
    expect(middleGBps[0]).toBeGreaterThan(0);
  }
});
