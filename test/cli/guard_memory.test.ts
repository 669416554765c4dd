import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  BUFFER_GROWTH_BYTES,
  GARBAGE_BYTES_MAX,
  guardMemory,
  HEAP_GROWTH_BYTES,
  HEAP_GROWTH_SHARE,
} from "../../cli/guard_memory.ts";
import { noteGarbage, setGarbageCollector } from "../../core/bytes/garbage.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  setGarbageCollector(undefined);
});

test("garbage is collected whenever the heap has grown, counted from what the last collection left", () => {
  let usedBytes = 100;
  let liveBytes = 100;
  let bufferBytes = 1e9;
  const collect = vi.fn(() => {
    usedBytes = liveBytes;
  });
  guardMemory({ measure: () => ({ objectBytes: usedBytes, bufferBytes }), collect, collectYoung() {} });
  usedBytes += HEAP_GROWTH_BYTES;
  vi.advanceTimersByTime(1000);
  expect(collect).not.toHaveBeenCalled();
  usedBytes += 1;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(1);
  // What is really needed may be more than the bound: it is not collected over and over.
  liveBytes = 100 * HEAP_GROWTH_BYTES;
  usedBytes = liveBytes;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(2);
  usedBytes = liveBytes + liveBytes * HEAP_GROWTH_SHARE;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(2);
  usedBytes += 1;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(3);
  bufferBytes += BUFFER_GROWTH_BYTES;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(3);
  bufferBytes += 1;
  vi.advanceTimersByTime(1000);
  expect(collect).toHaveBeenCalledTimes(4);
});

test("buffers that nobody gives back are collected as they come, without waiting for a timer", () => {
  const collectYoung = vi.fn();
  guardMemory({ measure: () => ({ objectBytes: 0, bufferBytes: 0 }), collect() {}, collectYoung });
  noteGarbage(GARBAGE_BYTES_MAX - 1);
  expect(collectYoung).not.toHaveBeenCalled();
  noteGarbage(1);
  expect(collectYoung).toHaveBeenCalledTimes(1);
  noteGarbage(GARBAGE_BYTES_MAX - 1);
  expect(collectYoung).toHaveBeenCalledTimes(1);
  noteGarbage(5 * GARBAGE_BYTES_MAX);
  expect(collectYoung).toHaveBeenCalledTimes(2);
});
