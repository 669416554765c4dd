import { expect, test } from "vitest";
import { normalizeFilePath } from "../../../../core/store/files/normalize_file_path.ts";
import { MARK_NAME, temporaryName } from "../../../../core/store/files/reserved_names.ts";

const info = { service: "x", name: "n", workDirectory: "/w/", space: undefined };
const limits = { directory: "/w/", nameBytesMax: 5, pathBytesMax: 12 };

test("gives a path its one spelling", () => {
  expect(normalizeFilePath(info, "/w/a\\b")).toBe("a/b");
  expect(normalizeFilePath(info, "a".repeat(5000))).toHaveLength(5000);
});

test("refuses names that are jcs's own", () => {
  for (const path of [MARK_NAME, temporaryName(), `a/${temporaryName()}/b`, "a/.jcs-old.b"])
    expect(() => normalizeFilePath(info, path), path).toThrow(/^Cannot use ".*reserved$/);
  expect(normalizeFilePath(info, `a/${MARK_NAME}`)).toBe(`a/${MARK_NAME}`);
});

test("counts bytes as the service has them, with the directory before the path", () => {
  const spell = (name: string) => name.replaceAll("%", "%25");
  const tooLong = /the path or a name in it is too long$/;
  expect(normalizeFilePath(info, "abcde/fgh", limits)).toBe("abcde/fgh");
  expect(() => normalizeFilePath(info, "abcde/fghi", limits)).toThrow(tooLong);
  expect(() => normalizeFilePath(info, "abcdef", limits)).toThrow(tooLong);
  expect(() => normalizeFilePath(info, "äöü", limits)).toThrow(tooLong);
  expect(normalizeFilePath(info, "ab%", { ...limits, spell })).toBe("ab%");
  expect(() => normalizeFilePath(info, "abc%", { ...limits, spell })).toThrow(tooLong);
});
