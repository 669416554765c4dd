import { createHash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CACHE_CHUNK_BYTES } from "../../limits.ts";

const CHECK_BYTES = 32;
/** What a file takes on a disk is a multiple of this. */
const DISK_BLOCK_BYTES = 4096;
/** The time of use is written down no more often than this. */
const TOUCH_MS = 60_000;
/** What a crash left under a temporary name goes after this. */
const TEMPORARY_MS = 60 * 60_000;
/** Tidying leaves this share of the limit, and comes after as much as the second share was saved. */
const LEFT_SHARE = 0.85;
const SAVED_SHARE = 1 / 16;

/** Which chunk of which version of which object. */
export interface ChunkName {
  readonly path: string;
  /** Another one for each content that the object ever has. */
  readonly version: string;
  /** Bytes `index` × {@link CACHE_CHUNK_BYTES} and so on of the object. */
  readonly index: number;
}

/** Chunks of objects in files of a directory. The one invariant: a file is served only when it ends with the SHA-256 of its own name, in full,
 *  and of the bytes before. So what is damaged, cut, half-written or in the wrong place is never served, whatever crashed, and any number
 *  of processes may use the directory at the same time. No method throws: what cannot be cached is read from the service. */
export interface CacheFiles {
  /** The bytes of a chunk, which belong to the caller, if they were saved after `savedAfterMs` (ms since 1970; ever unless given). */
  load(chunk: ChunkName, savedAfterMs?: number): Promise<Uint8Array | undefined>;
  /** Keeps the bytes of a chunk, which stay the caller's. */
  save(chunk: ChunkName, bytes: Uint8Array): Promise<void>;
  /** Throws away all that is kept of an object. */
  drop(path: string): Promise<void>;
  /** Waits until nothing is going on in the directory any more. */
  settled(): Promise<void>;
}

/** The cache in `directory`, which is made when the first chunk is saved, for its owner only.
 *
 *  Files take up to `limitBytes` on the disk: when there are more, those that were not used for the longest time go, whoever saved them. The
 *  limit may be passed by a sixteenth of it for each process that saves at the moment. */
export function openCacheFiles(directory: string, limitBytes: number): CacheFiles {
  /** Since the last look at the directory; nobody looked yet. */
  let savedBytes = Number.POSITIVE_INFINITY;
  let tidying: Promise<void> | undefined;
  const folderOf = (path: string) => {
    const name = createHash("sha256").update(path).digest("hex");
    return join(directory, name.slice(0, 2), name.slice(2, 42));
  };
  const fileOf = ({ path, version, index }: ChunkName) =>
    join(folderOf(path), `${createHash("sha256").update(version).digest("hex").slice(0, 24)}.${index}`);

  return {
    async load(chunk, savedAfterMs = Number.NEGATIVE_INFINITY) {
      const file = fileOf(chunk);
      const found = await readWhole(file).catch(() => undefined);
      if (found === undefined || found.savedAtMs < savedAfterMs) return undefined;
      const bytes = found.content.subarray(0, -CHECK_BYTES);
      if (checkOf(chunk, bytes).equals(found.content.subarray(bytes.length))) return bytes;
      await unlink(file).catch(() => {});
      return undefined;
    },
    async save(chunk, bytes) {
      const takes = diskBytes(bytes.length + CHECK_BYTES);
      if (takes > limitBytes * SAVED_SHARE) return;
      const file = fileOf(chunk);
      const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(temporary, Buffer.concat([bytes, checkOf(chunk, bytes)]), {
          flag: "wx",
          mode: 0o600,
        });
        await rename(temporary, file);
        savedBytes += takes;
      } catch {
        await unlink(temporary).catch(() => {});
      }
      if (savedBytes < limitBytes * SAVED_SHARE) return;
      tidying ??= tidy(directory, limitBytes).finally(() => {
        tidying = undefined;
      });
      savedBytes = 0;
    },
    drop: (path) => rm(folderOf(path), { recursive: true, force: true }).catch(() => {}),
    settled: async () => tidying,
  };
}

async function readWhole(file: string) {
  const handle = await open(file, "r");
  try {
    const { size, atimeMs, mtime } = await handle.stat();
    if (size < CHECK_BYTES || size > CACHE_CHUNK_BYTES + CHECK_BYTES) return undefined;
    const content = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(content, filled, size - filled, filled);
      if (bytesRead === 0) return undefined;
      filled += bytesRead;
    }
    // By hand: most file systems are mounted so that they write it down once a day at the most.
    if (Date.now() - atimeMs > TOUCH_MS) await handle.utimes(new Date(), mtime).catch(() => {});
    return { content, savedAtMs: mtime.getTime() };
  } finally {
    await handle.close();
  }
}

function checkOf({ path, version, index }: ChunkName, bytes: Uint8Array): Buffer {
  const name = JSON.stringify([path, version, index]);
  return createHash("sha256").update(name).update("\n").update(bytes).digest();
}

function diskBytes(bytes: number): number {
  return Math.ceil(bytes / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES;
}

/** Removes what was not used for the longest time, minute by minute, until the rest is well below the limit, and what a crash left. Never throws. */
async function tidy(directory: string, limitBytes: number): Promise<void> {
  const usedBytes = new Map<number, number>();
  const minuteOf = ({ atimeMs }: Stats) => Math.floor(atimeMs / TOUCH_MS);
  let total = 0;
  await eachFile(directory, async (file, found) => {
    if (file.endsWith(".tmp") && Date.now() - found.mtimeMs > TEMPORARY_MS) {
      await unlink(file).catch(() => {});
      return;
    }
    const bytes = diskBytes(found.size);
    total += bytes;
    usedBytes.set(minuteOf(found), (usedBytes.get(minuteOf(found)) ?? 0) + bytes);
  });
  let excess = total - limitBytes * (1 - SAVED_SHARE);
  if (excess <= 0) return;
  excess = total - limitBytes * LEFT_SHARE;
  const oldest = [...usedBytes].toSorted(([left], [right]) => left - right);
  let freed = 0;
  let lastMinute = Number.NEGATIVE_INFINITY;
  for (const [minute, bytes] of oldest) {
    if (freed >= excess) break;
    freed += bytes;
    lastMinute = minute;
  }
  await eachFile(directory, async (file, found) => {
    if (excess <= 0 || minuteOf(found) > lastMinute || file.endsWith(".tmp")) return;
    excess -= diskBytes(found.size);
    await unlink(file).catch(() => {});
  });
}

/** Visits every file below a cache's directory, and removes folders that are empty. */
async function eachFile(
  directory: string,
  visit: (file: string, found: Stats) => Promise<void>,
): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      await eachFile(path, visit);
      await rmdir(path).catch(() => {});
      continue;
    }
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) await visit(path, found);
  }
}
