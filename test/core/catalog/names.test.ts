import { expect, test } from "vitest";
import { validateName, validateObjectPath, validateText } from "../../../core/catalog/names.ts";
import { isKind } from "../../../core/errors.ts";

function message(check: () => void): string {
  try {
    check();
    return "";
  } catch (error) {
    return isKind(error, "Usage") ? error.message : `not Usage: ${String(error)}`;
  }
}

test("space names can stand before a colon and in an environment variable", () => {
  for (const name of ["a", "0", "oss-bj", "A.b_c-d", "x".repeat(128)])
    expect(message(() => validateName("space", name))).toBe("");
  for (const name of ["", "-a", ".a", "_a", "a/b", "a:b", "a b", "é", "a\n", "x".repeat(129)]) {
    expect(message(() => validateName("space", name))).toContain(
      `Cannot use ${JSON.stringify(name)} as the name of a space: `,
    );
  }
});

test("bucket and package names are any text that an address can hold", () => {
  for (const kind of ["bucket", "package"] as const) {
    for (const name of ["a", ".hidden", "a b", "Ä", "数据", "\u{1f600}", "'\"%_*?", "...", "é".repeat(64)]) {
      expect(message(() => validateName(kind, name))).toBe("");
    }
    for (const name of [
      "",
      ".",
      "..",
      "-a",
      "a/b",
      "a:b",
      "a\nb",
      "\u007f",
      "\u0085",
      " a",
      "a\u3000",
      "\ud800",
      "é".repeat(65),
    ]) {
      expect(message(() => validateName(kind, name))).toContain(
        `Cannot use ${JSON.stringify(name)} as the name of a ${kind}: `,
      );
    }
  }
});

test("object paths are any text without NUL and without empty or dotted segments", () => {
  for (const path of [
    "a",
    "a/b",
    ".a",
    "a..",
    "-",
    "a\nb",
    " ",
    "a:b",
    "...",
    "\u{1f600}/\u0001",
    "é".repeat(512),
  ]) {
    expect(message(() => validateObjectPath(path))).toBe("");
  }
  for (const path of [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "a/..",
    "./a",
    "a/./b",
    "a\u0000",
    "a\udc00",
    "é".repeat(513),
  ]) {
    expect(message(() => validateObjectPath(path))).toContain(
      `Cannot use ${JSON.stringify(path)} as the path of an object: `,
    );
  }
});

test("messages name the rule", () => {
  expect(message(() => validateObjectPath("a/../b"))).toBe(
    'Cannot use "a/../b" as the path of an object: it holds the segment ".."',
  );
  expect(message(() => validateObjectPath("x".repeat(1025)))).toContain("it has 1025 bytes, more than 1024");
  expect(message(() => validateText("\ud800"))).toContain("it is not Unicode text");
  expect(message(() => validateText("a/"))).toBe("");
});
