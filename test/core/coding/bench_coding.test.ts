import { describe, expect, test } from "vitest";
import {
  benchCoding,
  type CodingBenchOptions,
  type CodingBenchResult,
} from "../../../core/coding/bench_coding.ts";

async function measure(options: CodingBenchOptions): Promise<CodingBenchResult[]> {
  return await Array.fromAsync(
    benchCoding({ shardBytes: [4096], temperatures: ["hot"], caseMs: 5, ...options }),
  );
}

function expectSpeeds(results: readonly CodingBenchResult[]): void {
  for (const { bestGBps, medianGBps, middleGBps, windows } of results) {
    expect(windows).toBeGreaterThan(0);
    expect(bestGBps).toBeGreaterThanOrEqual(middleGBps[1]);
    expect(medianGBps).toBeGreaterThanOrEqual(middleGBps[0]);
    expect(middleGBps[0]).toBeGreaterThan(0);
  }
}

describe("benchCoding", () => {
  test("measures each case once and names it", async () => {
    const results = await measure({
      shapes: [{ dataShards: 2, parityShards: 1 }],
      operations: ["encode", "rebuild 1"],
    });
    expect(results.map((result) => result.name)).toEqual([
      "encode 2+1 4KiB hot in place",
      "encode 2+1 4KiB hot copied",
      "rebuild 1 2+1 4KiB hot in place",
      "rebuild 1 2+1 4KiB hot copied",
    ]);
    expectSpeeds(results);
  });

  test("leaves out what a shape cannot do, and repairs locally what has groups", async () => {
    const results = await measure({
      shapes: [
        { dataShards: 2, parityShards: 0 },
        { dataShards: 2, parityShards: 1 },
        { dataShards: 4, parityShards: 3, globalParities: 1 },
      ],
      memories: ["in place"],
    });
    expect(results.map(({ operation, shape }) => `${operation} ${shape}`)).toEqual([
      ...["encode 2+1", "rebuild 1 2+1"],
      ...["encode 4+2+1", "rebuild 2 4+2+1", "local repair 4+2+1"],
    ]);
  });

  test("keeps workers busy, hot and cold", async () => {
    const results = await measure({
      shapes: [{ dataShards: 4, parityShards: 2 }],
      shardBytes: [1024 * 1024],
      operations: ["encode"],
      temperatures: ["hot", "cold"],
      memories: ["in place", "copied"],
      threads: [2],
    });
    expect(results.map(({ name }) => name)).toEqual([
      "encode 4+2 1024KiB hot in place 2 workers",
      "encode 4+2 1024KiB cold in place 2 workers",
    ]);
    expectSpeeds(results);
  });
});
