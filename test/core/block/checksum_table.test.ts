import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksumTableBytes, createChecksumTable } from "../../../core/block/checksum_table.ts";
import { cut, patternBytes } from "../bytes/helpers.ts";

test("holds the CRC-32 of each chunk, however the payload is cut", () => {
  fc.assert(
    fc.property(
      fc.nat(3000),
      fc.integer({ min: 1, max: 64 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (size, chunkBytes, lengths) => {
        const payload = patternBytes(size);
        const table = createChecksumTable(chunkBytes);
        for (const piece of cut(payload, lengths)) table.update(piece);
        expect(table.payloadBytes).toBe(size);
        const plain = Buffer.concat(
          cut(payload, [chunkBytes]).map((chunk) => {
            const entry = Buffer.alloc(4);
            entry.writeUInt32LE(crc32(chunk));
            return entry;
          }),
        );
        const bytes = table.finish();
        expect(Buffer.from(bytes).equals(plain)).toBe(true);
        expect(checksumTableBytes(size, chunkBytes)).toBe(bytes.length);
      },
    ),
  );
});

test("uses the CRC-32 that everybody uses", () => {
  const table = createChecksumTable(64);
  table.update(new TextEncoder().encode("123456789"));
  expect(Buffer.from(table.finish()).toString("hex")).toBe("2639f4cb");
});
