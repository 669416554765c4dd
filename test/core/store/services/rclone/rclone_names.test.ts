import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRcloneName, toRcloneName } from "../../../../../core/store/services/rclone/rclone_names.ts";

test("every path comes back, without control characters on the way", () => {
  const letter = fc.constantFrom(
    "a",
    "0",
    "/",
    "\n",
    "\u0001",
    "\u007f",
    "\u2426",
    "\u2401",
    "\u201b",
    "2",
    "6",
  );
  fc.assert(
    fc.property(fc.string({ unit: letter }), (path) => {
      expect(toRcloneName(path)).not.toMatch(/[\u0001-\u001f\u007f\u2401\u201b]/);
      expect(fromRcloneName(toRcloneName(path))).toBe(path);
    }),
  );
  expect(toRcloneName("new\nline")).toBe("new\u2426000aline");
});

test("a foreign name that no path has is told apart", () => {
  expect(fromRcloneName("a\u2426b")).toBeUndefined();
  expect(fromRcloneName("a\u24260041")).toBeUndefined();
});
