import { link, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { probeCapabilities } from "../../../../../core/store/services/fs/probe_capabilities.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-probe-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("finds limits that hold, and writes nothing", async () => {
  const { nameBytesMax, pathBytesMax } = await probeCapabilities(directory);
  await writeFile(join(directory, "n".repeat(nameBytesMax)), "");
  await expect(writeFile(join(directory, "n".repeat(nameBytesMax + 1)), "")).rejects.toMatchObject({
    code: "ENAMETOOLONG",
  });
  expect(pathBytesMax).toBeGreaterThan(1024);
});

test("tells letter case by the mark", async () => {
  await writeFile(join(directory, ".jcs-space"), "");
  expect(await probeCapabilities(directory)).toMatchObject({ caseSensitive: true });
  // What a file system that ignores case would answer: the same file under the other name.
  await link(join(directory, ".jcs-space"), join(directory, ".JCS-SPACE"));
  expect(await probeCapabilities(directory)).toMatchObject({ caseSensitive: false });
});

test("assumes what is usual where the directory is missing", async () => {
  expect(await probeCapabilities(join(directory, "missing"))).toMatchObject({ nameBytesMax: 255 });
});
