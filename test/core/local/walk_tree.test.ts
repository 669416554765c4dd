import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TreeEntry, walkTree } from "../../../core/local/walk_tree.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

async function walk(root: string, signal?: AbortSignal): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for await (const entry of walkTree(root, signal === undefined ? {} : { signal })) entries.push(entry);
  return entries;
}

function files(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

describe("walkTree", () => {
  it("gives every file in the order of whole paths, whatever its name", async () => {
    const root = makeDirectory();
    const paths = ["-rf", "a b/c", "a.txt", "a/x", "b\nc", "q\"uo'te", "z/.hidden", "z/😀"];
    files(root, paths);
    const found = await walk(root);
    expect(found.map(({ path }) => path)).toEqual(paths);
    expect(found.every(({ kind }) => kind === "file")).toBe(true);
    expect(found[0]?.file).toBe(join(root, "-rf"));
  });

  it("sorts a directory as if its name ended with a slash", async () => {
    const root = makeDirectory();
    files(root, ["a/x", "a.txt", "a0"]);
    expect((await walk(root)).map(({ path }) => path)).toEqual(["a.txt", "a/x", "a0"]);
  });

  it("tells empty directories, but not one whose only content cannot be stored", async () => {
    const root = makeDirectory();
    mkdirSync(join(root, "empty/deeper"), { recursive: true });
    mkdirSync(join(root, "pipes"));
    execFileSync("mkfifo", [join(root, "pipes/p")]);
    const found = await walk(root);
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "empty empty/deeper",
      "failure pipes/p",
    ]);
    const failure = found[1];
    expect(failure?.kind === "failure" && failure.error.message).toContain("it is a named pipe");
  });

  it("tells that the root itself is empty or missing", async () => {
    const root = makeDirectory();
    expect((await walk(root)).map(({ kind }) => kind)).toEqual(["empty"]);
    const [missing] = await walk(join(root, "missing"));
    expect(missing?.kind === "failure" && missing.error.kind).toBe("NotFound");
  });

  it("follows links to files and directories, and reports loops and links to nothing", async () => {
    const root = makeDirectory();
    const other = makeDirectory();
    files(other, ["shared/f"]);
    files(root, ["d/f"]);
    symlinkSync(join(other, "shared"), join(root, "dir-link"));
    symlinkSync(join(root, "d/f"), join(root, "file-link"));
    symlinkSync("..", join(root, "d/up"));
    symlinkSync("self", join(root, "self"));
    symlinkSync("nowhere", join(root, "broken"));
    symlinkSync(root, join(other, "shared/back"));
    const found = await walk(root);
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "failure broken",
      "file d/f",
      "failure d/up",
      "failure dir-link/back",
      "file dir-link/f",
      "file file-link",
      "failure self",
    ]);
    const messages = found.flatMap((entry) => (entry.kind === "failure" ? [entry.error.message] : []));
    expect(messages[0]).toContain("the link leads to nothing");
    expect(messages[1]).toContain(`leads back to "${root}"`);
    expect(messages[2]).toContain(`leads back to "${root}"`);
    expect(messages[3]).toContain("lead in a circle");
  });

  it("reports a directory that vanishes before its turn, and goes on", async () => {
    const root = makeDirectory();
    files(root, ["a", "b/x", "c"]);
    const walking = walkTree(root);
    expect((await walking.next()).value).toMatchObject({ kind: "file", path: "a" });
    rmSync(join(root, "b"), { recursive: true });
    expect((await walking.next()).value).toMatchObject({
      kind: "failure",
      path: "b",
      error: { kind: "NotFound" },
    });
    expect((await walking.next()).value).toMatchObject({ kind: "file", path: "c" });
    expect((await walking.next()).done).toBe(true);
  });

  it("reports a name that is not UTF-8", async () => {
    const root = makeDirectory();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/a`), Buffer.from([0xff]), Buffer.from("b")]), "x");
    files(root, ["c"]);
    const found = await walk(root);
    expect(found.map(({ kind }) => kind)).toEqual(["failure", "file"]);
    expect(found[0]?.kind === "failure" && found[0].error.message).toContain("not valid UTF-8");
  });

  it("ends when it is cancelled, and closes what it has open when the reader stops", async () => {
    const root = makeDirectory();
    files(root, ["a/b/c", "a/b/d", "e"]);
    const stop = new AbortController();
    const walking = walkTree(root, { signal: stop.signal });
    await walking.next();
    stop.abort();
    await expect(walking.next()).rejects.toMatchObject({ kind: "Cancelled" });
    const before = openFiles();
    for await (const _ of walkTree(root)) break;
    expect(openFiles()).toBe(before);
  });
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
