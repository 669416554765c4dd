import { expect, test } from "vitest";
import { decodeTrailer, encodeTrailer, TRAILER_BYTES } from "../../../core/block/trailer.ts";

const trailer = { tableBytes: 2 ** 40 + 4, descriptorBytes: 300, checksum: 0xdeadbeef };

test("lies in 32 bytes as the format says", () => {
  const bytes = encodeTrailer(trailer);
  expect(Buffer.from(bytes).toString("hex")).toBe(
    "0400000000010000" + "2c010000" + "efbeadde" + "0100" + "0000" + "00000000" + "4a4353424c4f434b",
  );
  expect(decodeTrailer(bytes)).toEqual({ kind: "trailer", ...trailer });
});

test.each([
  ["version 0", 16, 0, "corrupt", "the trailer is damaged"],
  ["version 2", 16, 2, "newer", "format version 2 is not known to this program. Use a newer jcs"],
  ["flags", 18, 1, "newer", "format flags 1 is not known to this program. Use a newer jcs"],
  ["reserved bytes", 23, 1, "corrupt", "the trailer is damaged"],
  ["the magic", 31, 0, "corrupt", "it does not end like a block"],
] as const)("refuses other %s", (_, at, value, kind, reason) => {
  const bytes = encodeTrailer(trailer);
  bytes[at] = value;
  expect(decodeTrailer(bytes)).toEqual({ kind, reason });
});

test("insists on the right length", () => {
  expect(() => decodeTrailer(new Uint8Array(TRAILER_BYTES - 1))).toThrow("Assertion failed");
});
