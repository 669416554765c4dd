import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tokenBucket } from "../../../../core/store/layers/token_bucket.ts";

const free = { signal: undefined, error: () => new Error("cancelled") };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Milliseconds until each of the amounts has passed, all asked for at once. */
async function passTimes(rate: () => number, amounts: readonly number[]): Promise<number[]> {
  const bucket = tokenBucket(rate, () => Date.now());
  const startedMs = Date.now();
  const passed = amounts.map(async (amount) => {
    await bucket.take(amount, free);
    return Date.now() - startedMs;
  });
  await vi.advanceTimersByTimeAsync(100_000);
  return Promise.all(passed);
}

test("lets the rate through, in order, and no more", async () => {
  const times = await passTimes(() => 1000, [100, 100, 500, 1000, 0, 100]);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBeGreaterThanOrEqual(1500);
  expect(times.at(-1)).toBeLessThanOrEqual(1810);
});

test("an amount larger than the bucket passes, and is paid for by those behind it", async () => {
  const [first, second] = await passTimes(() => 100, [1000, 1]);
  expect(first).toBeLessThanOrEqual(250);
  expect(second).toBeGreaterThanOrEqual(9_000);
  expect(second).toBeLessThanOrEqual(10_010);
});

test("follows a rate that changes, also while somebody waits", async () => {
  const startedMs = Date.now();
  const rate = () => (Date.now() - startedMs < 3000 ? 1 : Number.POSITIVE_INFINITY);
  const [, second] = await passTimes(rate, [1000, 1000]);
  expect(second).toBeGreaterThanOrEqual(3000);
  expect(second).toBeLessThanOrEqual(4001);
});

test("who cancels gives up the place in the queue at once", async () => {
  const bucket = tokenBucket(
    () => 1,
    () => Date.now(),
  );
  const first = bucket.take(10, free);
  await vi.advanceTimersByTimeAsync(2000);
  await first;
  const controller = new AbortController();
  const waiting = bucket.take(1, { signal: controller.signal, error: () => new Error("cancelled") });
  const behind = bucket.take(1, { signal: controller.signal, error: () => new Error("cancelled") });
  const results = Promise.allSettled([waiting, behind]);
  controller.abort();
  for (const result of await results) expect(result).toMatchObject({ status: "rejected" });
});
