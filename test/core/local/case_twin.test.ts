import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { caseTwin } from "../../../core/local/case_twin.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

test("a file under its very name has no twin", async () => {
  const file = join(makeDirectory(), "Name");
  writeFileSync(file, "");
  expect(await caseTwin(file, { names: 2 })).toBeUndefined();
  expect(await caseTwin(`${file}-missing`, { names: 1 })).toBeUndefined();
});

test("the name that is really there is given when only letter case differs, also that of a directory above", async () => {
  const found = (real: string, names: number) =>
    caseTwin("/Root/dir/name", { names, resolve: async () => real });
  expect(await found("/Root/dir/NAME", 1)).toBe("/Root/dir/NAME");
  expect(await found("/Root/Dir/name", 2)).toBe("/Root/Dir/name");
  expect(await found("/Root/Dir/name", 1)).toBeUndefined();
  expect(await found("/elsewhere/other", 1)).toBeUndefined();
});

test("one letter in two forms of Unicode is one name", async () => {
  const resolve = async () => "/r/u\u0308";
  expect(await caseTwin("/r/\u00fc", { names: 1, resolve })).toBeUndefined();
  expect(await caseTwin("/r/\u00dc", { names: 1, resolve })).toBe("/r/u\u0308");
});

test("a link above that leads elsewhere is not compared", async () => {
  const directory = realpathSync(makeDirectory());
  const file = join(directory, "a");
  expect(await caseTwin(file, { names: 1, resolve: async () => "/other/A/a" })).toBeUndefined();
});
