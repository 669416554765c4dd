import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directorySync } from "../../../core/local/directory_sync.ts";

test("calls that come while one is under way share the next one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jcs-sync-"));
  const sync = directorySync({ enabled: true });
  const first = sync.sync(directory);
  const second = sync.sync(directory);
  const third = sync.sync(directory);
  expect(second).not.toBe(first);
  expect(third).toBe(second);
  await Promise.all([first, second]);
  const later = sync.sync(directory);
  expect(later).not.toBe(second);
  await later;
  await rmdir(directory);
});

test("a directory that is gone has nothing to keep", async () => {
  await directorySync({ enabled: true }).sync(join(tmpdir(), "jcs-sync-never-was"));
});
