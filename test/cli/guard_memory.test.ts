import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { guardMemory, HEAP_GROWTH_BYTES_MAX } from "../../cli/guard_memory.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("garbage is collected whenever the heap has grown, counted from what the last collection left", () => {
  let usedBytes = 100;
  let liveBytes = 100;
  const collect = vi.fn(() => {
    usedBytes = liveBytes;
  });
  guardMemory({ usedBytes: () => usedBytes, collect });
  usedBytes += HEAP_GROWTH_BYTES_MAX;
  vi.advanceTimersByTime(1000);
  expect(collect).not.toHaveBeenCalled();
  usedBytes += 1;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(1);
  // What is really needed may be more than the bound: it is not collected over and over.
  liveBytes = 10 * HEAP_GROWTH_BYTES_MAX;
  usedBytes = liveBytes;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(2);
  usedBytes = liveBytes + HEAP_GROWTH_BYTES_MAX;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(2);
});
