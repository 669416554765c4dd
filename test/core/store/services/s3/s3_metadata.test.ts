import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMetadata, encodeMetadata } from "../../../../../core/store/services/s3/s3_metadata.ts";

test("metadata comes back as it was, and HTTP can carry it", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("utf-8''%41", "=?x?=", "%41", ""),
  );
  const key = fc.oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.constantFrom("A", "a", "a_b", "__proto__", "%41"),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(key, text)), (entries) => {
      const metadata = Object.fromEntries(
        entries.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
      );
      const headers = encodeMetadata(metadata);
      expect(decodeMetadata(headers)).toEqual(metadata);
      for (const [name, value] of Object.entries(headers)) {
        expect(name).toMatch(/^[a-z0-9%-]+$/);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(value.trim()).toBe(value);
      }
    }),
  );
});

test("plain metadata goes as it is, and what others wrote stays", () => {
  expect(encodeMetadata({ "build-id": "42 of x" })).toEqual({ "build-id": "42 of x" });
  expect(decodeMetadata({ "50%": "utf-8''%ff" })).toEqual({ "50%": "%ff" });
});
