import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ByteStream } from "../../../core/bytes/byte_stream.ts";
import { temporaryFile } from "../../../core/local/temporary_file.ts";
import { pattern, sameBytes } from "../../suites/store_bench.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-temporary-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function bytesOf(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("gives what was added, as often as it is read, also by several at a time", async () => {
  const file = await temporaryFile(directory);
  expect(await bytesOf(file.read())).toHaveLength(0);
  const content = pattern(2 * 1024 * 1024 + 3);
  for (const [start, end] of [
    [0, 1],
    [1, 1],
    [1, 2_000_000],
    [2_000_000, content.length],
  ]) {
    await file.append(content.subarray(start, end));
  }
  const all = await Promise.all([1, 2, 3].map(() => bytesOf(file.read())));
  for (const found of all) expect(sameBytes(found, content)).toBe(true);
  for await (const _ of file.read()) break;
  expect(sameBytes(await bytesOf(file.read()), content)).toBe(true);
  expect(await readdir(directory)).toEqual([]);
  await file.close();
});

test("readers that are not done when it is closed get an error", async () => {
  const file = await temporaryFile(directory);
  await file.append(pattern(3 * 1024 * 1024));
  const iterator = file.read()[Symbol.asyncIterator]();
  await iterator.next();
  // A read under way is waited for.
  const second = iterator.next();
  await file.close();
  expect((await second).value).toHaveLength(1024 * 1024);
  await expect(iterator.next()).rejects.toMatchObject({ kind: "Cancelled" });
});

test("fails with the system's own error where none can be made", async () => {
  await expect(temporaryFile(join(directory, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
});
