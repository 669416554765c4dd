import { expect, test } from "vitest";
import { speedClasses } from "../../../core/redundancy/speed_classes.ts";

const MIB = 1024 * 1024;
const speed = (readMs: number, readBytesPerSecond: number) => ({
  readMs,
  readBytesPerSecond,
  writeMs: 10 * readMs,
  writeBytesPerSecond: readBytesPerSecond / 10,
});
const speeds = new Map([
  ["disk", speed(1, 500 * MIB)],
  ["other disk", speed(2, 400 * MIB)],
  ["near", speed(20, 100 * MIB)],
  ["far", speed(200, 200 * MIB)],
]);
const classes = (names: readonly string[], bytes: number) =>
  Object.fromEntries(speedClasses(names, { speeds, direction: "read", bytes }));

test("small blocks go by latency, large ones by throughput", () => {
  const names = ["far", "near", "other disk", "disk"];
  expect(classes(names, 1000)).toEqual({ disk: 0, "other disk": 0, near: 1, far: 2 });
  expect(classes(names, 1000 * MIB)).toEqual({ disk: 0, "other disk": 0, near: 1, far: 0 });
});

test("what was not measured is as quick as the median, and nothing measured means no difference", () => {
  expect(classes(["near", "new", "disk", "far"], 1000)).toEqual({ disk: 0, near: 1, new: 1, far: 2 });
  expect(classes(["a", "b"], 1000)).toEqual({ a: 0, b: 0 });
  expect(classes([], 1000)).toEqual({});
});
