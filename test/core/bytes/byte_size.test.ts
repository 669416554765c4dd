import { expect, test } from "vitest";
import { formatByteSize, parseByteSize } from "../../../core/bytes/byte_size.ts";

test.each([
  ["0", 0],
  ["1048576", 1048576],
  ["512B", 512],
  ["64KiB", 65536],
  ["64 kib", 65536],
  [" 50GiB ", 50 * 1024 ** 3],
  ["1.5GB", 1_500_000_000],
  ["10MiB", 10 * 1024 ** 2],
  [".5KiB", 512],
  ["0.1KiB", 102],
  ["7PiB", 7 * 1024 ** 5],
])("reads %s", (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(["", "GiB", "-1", "1e3", "10M", "1,5GB", "0x10", "5 GiB x", "1.2.3B", "8PiB", "9999EiB", "NaN"])(
  "refuses %j as a usage error that shows it",
  (text) => {
    expect(() => parseByteSize(text)).toThrow(
      expect.objectContaining({ kind: "Usage", message: expect.stringContaining(JSON.stringify(text)) }),
    );
  },
);

test.each([
  [0, "0B"],
  [1023, "1023B"],
  [1024, "1KiB"],
  [1536, "1.5KiB"],
  [10 * 1024 ** 2, "10MiB"],
  [1023 * 1024 ** 2, "1023MiB"],
  [1024 ** 3 - 1, "1GiB"],
  [123_456_789, "118MiB"],
  [12_345_678, "11.8MiB"],
  [1_234_567, "1.18MiB"],
  [7 * 1024 ** 5, "7PiB"],
])("shows %d as %s", (bytes, text) => {
  expect(formatByteSize(bytes)).toBe(text);
});

test("what it shows, it reads, within half a percent", () => {
  for (let bytes = 1; bytes < 2 ** 52; bytes = Math.ceil(bytes * 1.37)) {
    const again = parseByteSize(formatByteSize(bytes));
    expect(Math.abs(again - bytes)).toBeLessThanOrEqual(bytes * 0.005 + 1);
  }
});
