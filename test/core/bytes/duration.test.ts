import { expect, test } from "vitest";
import { formatDuration, parseDuration, toTenths } from "../../../core/bytes/duration.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["300ms", 300],
  ["1h30m", 5_400_000],
  ["1h30m0s", 5_400_000],
  ["1.5h", 5_400_000],
  ["7d", 604_800_000],
  ["1d12h", 129_600_000],
  ["+30s", 30_000],
  ["1.s", 1000],
  [".5s", 500],
  ["2h45m30.5s", 9_930_500],
  ["250us", 0.25],
  ["250µs", 0.25],
  ["250μs", 0.25],
  ["1500000ns", 1.5],
])("reads %s", (text, milliseconds) => {
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
});

test.each([
  "",
  "30",
  "s",
  ".s",
  "-1s",
  "1 h",
  "1h 30m",
  "1D",
  "1w",
  "1h30",
  "1e3s",
  "1S",
  "++1s",
  "1h30mx",
  "x1h",
])("refuses %j as a usage error that shows it", (text) => {
  expect(() => parseDuration(text)).toThrow(
    expect.objectContaining({ kind: "Usage", message: expect.stringContaining(JSON.stringify(text)) }),
  );
});

test.each([
  [0, "0s"],
  [0.25, "250us"],
  [1.5, "1.5ms"],
  [250, "250ms"],
  [1500, "1.5s"],
  [60_000, "1m"],
  [5_400_000, "1h30m"],
  [3_605_000, "1h5s"],
  [59_999.9999, "1m"],
  [90_061_001, "25h1m1.001s"],
])("shows %d as %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 3);
});

test("tenths of a millisecond", () => {
  expect([0, 1.04, 1.06, 2].map(toTenths)).toEqual([0, 1, 1.1, 2]);
});
