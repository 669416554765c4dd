import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeNewFile } from "../../core/write_new_file.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jcs-write-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a file is whole, has its mode, and nothing else is left", async () => {
  await writeNewFile(join(directory, "a"), "text", { mode: 0o600 });
  expect(readFileSync(join(directory, "a"), "utf8")).toBe("text");
  expect(statSync(join(directory, "a")).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(["a"]);
});

test("what exists stays, unless it is to be replaced", async () => {
  writeFileSync(join(directory, "a"), "mine", { mode: 0o644 });
  await expect(writeNewFile(join(directory, "a"), "b", { mode: 0o600 })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  expect(readFileSync(join(directory, "a"), "utf8")).toBe("mine");
  await writeNewFile(join(directory, "a"), "b", { mode: 0o600, replace: true });
  expect(readFileSync(join(directory, "a"), "utf8")).toBe("b");
  expect(statSync(join(directory, "a")).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(["a"]);
});

test("of many that write at the same time one succeeds", async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => writeNewFile(join(directory, "a"), `${index}`, { mode: 0o600 })),
  );
  const winners = outcomes.flatMap((outcome, index) => (outcome.status === "fulfilled" ? [`${index}`] : []));
  expect(winners).toEqual([readFileSync(join(directory, "a"), "utf8")]);
  expect(readdirSync(directory)).toEqual(["a"]);
});

test("a folder that is missing is an error and leaves nothing", async () => {
  await expect(writeNewFile(join(directory, "no", "a"), "b", { mode: 0o600 })).rejects.toThrow("ENOENT");
  expect(readdirSync(directory)).toEqual([]);
});
