import { expect, test } from "vitest";
import { createHistogram } from "../../../../core/store/layers/histogram.ts";

test("quantiles are those of the sorted times, to a tenth", () => {
  const histogram = createHistogram();
  expect(histogram.quantile(0.5)).toBe(0);
  const times = Array.from({ length: 1000 }, (_, index) => 0.05 * 1.012 ** index);
  for (const time of times.toSorted(() => Math.random() - 0.5)) histogram.add(time);
  for (const share of [0.01, 0.5, 0.95, 1]) {
    const exact = times[Math.ceil(share * 1000) - 1] ?? 0;
    expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact * 0.999);
    expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * 1.101);
  }
});

test("the shortest and the longest times there are find a place", () => {
  const histogram = createHistogram();
  histogram.add(0);
  expect(histogram.quantile(1)).toBeLessThan(0.02);
  histogram.add(1e12);
  expect(histogram.quantile(1)).toBeGreaterThan(1000 * 60 * 60);
});
