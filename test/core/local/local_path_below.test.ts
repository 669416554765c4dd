import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localTree } from "../../../core/local/local_path_below.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

describe("localTree", () => {
  it("creates the root and the directories on the way", async () => {
    const root = join(makeDirectory(), "new/root");
    const tree = localTree(root);
    expect(await tree.prepare("a/b/c")).toBe(join(root, "a/b/c"));
    expect(await tree.prepare("-x\n/😀")).toBe(join(root, "-x\n/😀"));
    expect(existsSync(join(root, "a/b"))).toBe(true);
    expect(readdirSync(join(root, "a/b"))).toEqual([]);
  });

  it.each(["../x", "a/../../x", "a//b", "/etc/passwd", "a/.", "", "a\0b"])("refuses %j", async (path) => {
    const root = makeDirectory();
    await expect(localTree(root).prepare(path)).rejects.toMatchObject({ kind: "Usage" });
    expect(readdirSync(root)).toEqual([]);
  });

  it("does not go through a link below the root, also one that stands there after a directory was seen", async () => {
    const root = makeDirectory();
    const outside = makeDirectory();
    symlinkSync(outside, join(root, "link"));
    mkdirSync(join(root, "a"));
    symlinkSync(outside, join(root, "a/link"));
    const tree = localTree(root);
    await expect(tree.prepare("link/x")).rejects.toMatchObject({ kind: "PermissionDenied" });
    await expect(tree.prepare("a/link/b/x")).rejects.toThrow("symbolic link");
    expect(readdirSync(outside)).toEqual([]);
  });

  it("takes a root that is a link as the user's word", async () => {
    const outside = makeDirectory();
    const root = join(makeDirectory(), "link");
    symlinkSync(outside, root);
    await localTree(root).prepare("a/b");
    expect(existsSync(join(outside, "a"))).toBe(true);
  });

  it("refuses a directory where a file stands", async () => {
    const root = makeDirectory();
    writeFileSync(join(root, "a"), "");
    await expect(localTree(root).prepare("a/b")).rejects.toMatchObject({ kind: "AlreadyExists" });
  });

  it.each(["a\\..\\b", "c:x", "NUL", "com1.txt", "a.", "a ", "x?", "a\tb", "dir /x"])(
    "refuses %j on Windows, and takes it elsewhere",
    async (path) => {
      const root = makeDirectory();
      await expect(localTree(root, { windows: true }).prepare(path)).rejects.toThrow(
        "Windows does not allow",
      );
      expect(await localTree(root, { windows: false }).prepare(path)).toBe(join(root, path));
    },
  );
});
