import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { localTree } from "../../../core/local/local_path_below.ts";
import { removePartials } from "../../../core/local/remove_partials.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();
const PARTIAL = ".jcs-partial-0123456789abcdef";
const tomorrow = () => Date.now() + 25 * 60 * 60_000;

test("what killed processes left goes after a day, and nothing else", async () => {
  const directory = makeDirectory();
  const others = [".jcs-partial-0123456789abcdeg", ".jcs-partial-", `x${PARTIAL}`, "file"];
  for (const name of [PARTIAL, ...others]) writeFileSync(join(directory, name), "");
  mkdirSync(join(directory, ".jcs-partial-0000000000000000"));
  // The time of its source is no sign of age.
  utimesSync(join(directory, PARTIAL), new Date(0), new Date(0));
  await removePartials(directory);
  expect(readdirSync(directory)).toContain(PARTIAL);
  await removePartials(directory, { nowMs: tomorrow() });
  expect(readdirSync(directory).sort()).toEqual([...others, ".jcs-partial-0000000000000000"].sort());
  await removePartials(join(directory, "missing"));
});

test("a tree that is written into looks for them in each directory, once", async () => {
  const root = makeDirectory();
  mkdirSync(join(root, "a/b"), { recursive: true });
  const seen: string[] = [];
  const tree = localTree(root, { clean: async (directory) => void seen.push(directory) });
  for (const path of ["x", "a/x", "a/y", "a/b/x", "new/x"]) await tree.prepare(path);
  expect(seen).toEqual([root, join(root, "a"), join(root, "a/b")]);
});
