import fc from "fast-check";
import { expect, test } from "vitest";
import { driveName, pathName } from "../../../../../core/store/services/gdrive/gdrive_names.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "2", "F", "E", "\u201b", ".", "/", "\\", "\0", "5", "C", "0", "é"),
  maxLength: 9,
});

test("every name of a path comes back as it was", () => {
  const names = text.filter((name) => name !== "" && !/[\\/\0]|^\.{1,2}$/.test(name));
  fc.assert(
    fc.property(names, (name) => {
      expect(pathName(driveName(name))).toBe(name);
    }),
  );
});

test("every name of Drive that a path can show leads back to it, and two never show as one", () => {
  fc.assert(
    fc.property(text, (name) => {
      const shown = pathName(name);
      if (shown === undefined) return;
      expect(shown).not.toMatch(/[\\/\0]|^\.{1,2}$|^$/);
      expect(driveName(shown)).toBe(name);
    }),
  );
});

test("plain names are themselves, others are encoded", () => {
  for (const name of ["a", "a:b", "con", "new\nline", "...", "‛", "‛41"]) expect(driveName(name)).toBe(name);
  expect(pathName("a/b")).toBe("a‛2Fb");
  expect(pathName("..")).toBe("‛2E‛2E");
  expect(driveName("a‛2Fb")).toBe("a/b");
  expect(pathName("a‛2Fb")).toBeUndefined();
  expect(pathName("\ud800")).toBeUndefined();
});
