import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CACHE_CHUNK_BYTES } from "../../../../core/limits.ts";
import { openCacheFiles } from "../../../../core/store/layers/read_cache_files.ts";
import { temporaryDirectories } from "../../../commands/temporary_directory.ts";

const MIB = 1024 * 1024;
const makeDirectory = temporaryDirectories();
/** What a chunk holds: its name tells. */
const contentOf = (path: string, version: string, index: number) =>
  Buffer.alloc(1000 + index, `${path} ${version} ${index}`);

test("several at the same time, saving, reading and dropping, never serve what is not the chunk", async () => {
  const directory = makeDirectory();
  const users = [1, 2, 3].map(() => openCacheFiles(directory, 2 * MIB));
  let hits = 0;
  const work = users.map(async (files, user) => {
    for (let round = 0; round < 300; round++) {
      const [path, version, index] = [`p${(round * 7 + user) % 11}`, `v${round % 3}`, (round + user) % 5];
      const chunk = { path, version, index };
      const found = await files.load(chunk);
      if (found !== undefined) {
        hits += 1;
        expect(Buffer.compare(found, contentOf(path, version, index))).toBe(0);
      }
      await files.save(chunk, contentOf(path, version, index));
      if (round % 29 === 0) await files.drop(path);
    }
    await files.settled();
  });
  await Promise.all(work);
  expect(hits).toBeGreaterThan(100);
});

test("what a crash left under a temporary name goes with the next look, and counts for nothing before", async () => {
  const directory = makeDirectory();
  const files = openCacheFiles(directory, 64 * MIB);
  const chunk = { path: "a", version: "v", index: 0 };
  await files.save(chunk, new Uint8Array(CACHE_CHUNK_BYTES));
  await files.settled();
  const [file] = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(directory, name)).isFile(),
  );
  const left = join(directory, `${file}.000000.tmp`);
  const young = join(directory, `${file}.111111.tmp`);
  for (const temporary of [left, young]) writeFileSync(temporary, "half");
  utimesSync(left, 0, 0);
  const next = openCacheFiles(directory, 64 * MIB);
  await next.save({ ...chunk, index: 1 }, new Uint8Array(1));
  await next.settled();
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".tmp"),
  );
  expect(names.map((name) => join(directory, name))).toEqual([young]);
  expect(await next.load(chunk)).toHaveLength(CACHE_CHUNK_BYTES);
});
