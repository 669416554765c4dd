import { describe, expect, test } from "vitest";
import { normalizePath, normalizePrefix } from "../../../core/store/normalize_path.ts";

describe("normalizePath", () => {
  test.each([
    ["a", "a"],
    ["a/b.c", "a/b.c"],
    ["a\\b", "a/b"],
    ["/srv/x/a/b", "a/b"],
    ["\\srv\\x\\a", "a"],
    ["...", "..."],
    ["a/..b", "a/..b"],
    [" ", " "],
    ["é", "é"],
    ["é", "é"],
  ])("spells %j as %j", (path, normal) => {
    expect(normalizePath(path, "/srv/x/")).toBe(normal);
  });

  test.each([
    ["", "it is empty"],
    ["/srv/x/", "it is empty"],
    ["/srv/x", 'it lies outside of "/srv/x/"'],
    ["/srv/xy/a", 'it lies outside of "/srv/x/"'],
    ["/", "outside"],
    ["..", 'it holds ".."'],
    ["a/../b", 'it holds ".."'],
    ["a\\..\\b", 'it holds ".."'],
    ["/srv/x/../a", 'it holds ".."'],
    ["./a", 'it holds "."'],
    ["a//b", "it holds an empty name"],
    ["a/", "it holds an empty name"],
    ["a\0b", "it holds a NUL character"],
    ["a\ud800", "it is not Unicode text"],
  ])("refuses %j", (path, state) => {
    expect(() => normalizePath(path, "/srv/x/")).toThrow(state);
    expect(() => normalizePath(path, "/srv/x/")).toThrow(
      expect.objectContaining({ kind: "Usage", where: { path } }),
    );
  });
});

describe("normalizePrefix", () => {
  test.each([
    ["", ""],
    ["/srv/x/", ""],
    ["/srv/x", ""],
    ["a/", "a"],
    ["a\\b\\", "a/b"],
  ])("spells %j as %j", (prefix, normal) => {
    expect(normalizePrefix(prefix, "/srv/x/")).toBe(normal);
  });

  test.each(["a//", "//", "../", "/srv"])("refuses %j", (prefix) => {
    expect(() => normalizePrefix(prefix, "/srv/x/")).toThrow("Cannot use path");
  });
});
