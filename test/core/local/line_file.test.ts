import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLineFile } from "../../../core/local/line_file.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

test("adds lines to the end of a file that is for its owner only", async () => {
  const path = join(makeDirectory(), "lines");
  for (const round of [1, 2]) {
    const file = await openLineFile(path);
    for (let line = 1; line <= 3; line++) file.add(`${round}.${line}`);
    expect(await file.close()).toEqual({ lost: 0 });
  }
  expect(readFileSync(path, "utf8")).toBe("1.1\n1.2\n1.3\n2.1\n2.2\n2.3\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("leaves out what does not fit and says how much, and never waits", async () => {
  const path = join(makeDirectory(), "lines");
  const file = await openLineFile(path, { waitingMax: 10 });
  for (let line = 1; line <= 25; line++) file.add(String(line));
  expect(await file.close()).toEqual({ lost: 15 });
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(11);
});

test("a file that cannot be opened is an error, a full disk is told at the end", async () => {
  const directory = makeDirectory();
  mkdirSync(join(directory, "directory"));
  await expect(openLineFile(join(directory, "directory"))).rejects.toMatchObject({ kind: "Usage" });
  await expect(openLineFile(join(directory, "none/lines"))).rejects.toMatchObject({ kind: "NotFound" });
  const full = await openLineFile("/dev/full");
  full.add("a");
  full.add("b");
  expect(await full.close()).toMatchObject({ lost: 2, error: { kind: "NoSpace" } });
});
