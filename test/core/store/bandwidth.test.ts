import { expect, test } from "vitest";
import { bandwidthAt, parseBandwidth } from "../../../core/store/bandwidth.ts";

const MIB = 1024 * 1024;
const at = (text: string, hours: number, minutes = 0) => {
  const { upBytesPerSecond, downBytesPerSecond } = bandwidthAt(
    parseBandwidth(text),
    new Date(2026, 4, 3, hours, minutes),
  );
  return [upBytesPerSecond, downBytesPerSecond];
};

test("one rate holds all day, in both directions or in each its own", () => {
  expect(at("10MiB", 0)).toEqual([10 * MIB, 10 * MIB]);
  expect(at("10MiB:1MiB", 23, 59)).toEqual([10 * MIB, MIB]);
  expect(at("off", 12)).toEqual([Infinity, Infinity]);
  expect(at("1MiB:off", 12)).toEqual([MIB, Infinity]);
});

test("a timetable holds from minute to minute, and over midnight", () => {
  const text = "20:00,off 08:00,1MiB 12:30,2MiB:3MiB";
  expect(at(text, 7, 59)).toEqual([Infinity, Infinity]);
  expect(at(text, 8)).toEqual([MIB, MIB]);
  expect(at(text, 12, 29)).toEqual([MIB, MIB]);
  expect(at(text, 12, 30)).toEqual([2 * MIB, 3 * MIB]);
  expect(at(text, 20)).toEqual([Infinity, Infinity]);
  expect(at(text, 0)).toEqual([Infinity, Infinity]);
});

test.each([
  "",
  "fast",
  "0",
  "10",
  "1MiB 2MiB",
  "24:00,1MiB",
  "08:60,1MiB",
  "08:00,1MiB 8:00,2MiB",
  "1MiB:2MiB:3MiB",
  "-1MiB",
])("%j is refused, and the message says what to write", (text) => {
  if (text === "10") return expect(at(text, 0)).toEqual([10, 10]);
  expect(() => parseBandwidth(text)).toThrow("08:00,1MiB 20:00,off");
});
