import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHashPool, type HashPool } from "../../../core/bytes/hash_pool.ts";
import { closeHashers, createHasher, type Hasher } from "../../../core/bytes/hasher.ts";
import { HASH_BUFFER_BYTES, HASH_BUFFERS_MAX, HASH_INLINE_BYTES_MAX } from "../../../core/limits.ts";
import { freeSlots, giveBack, takeBuffer } from "../../../ioswitch/buffer_pool.ts";
import { cut, patternBytes } from "./helpers.ts";

const execFileAsync = promisify(execFile);
const bytes = patternBytes(6 << 20);
const url = new URL("../../../core/bytes/sha256_worker.ts", import.meta.url);
let pool: HashPool;
let directory: string;

beforeAll(async () => {
  pool = createHashPool({ url, workersMax: 2 });
  directory = await mkdtemp(join(tmpdir(), "jcs-hasher-"));
});

afterAll(async () => {
  await pool.close();
  await closeHashers();
  await rm(directory, { recursive: true });
});

const plain = (data: Uint8Array) => `sha256:${createHash("sha256").update(data).digest("hex")}`;

async function hashAll(hasher: Hasher, chunks: readonly Uint8Array[]): Promise<string> {
  for (const chunk of chunks) await hasher.update(chunk);
  return await hasher.digest();
}

/** A pool whose worker runs `code` instead. */
async function poolOf(name: string, code: string): Promise<HashPool> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, `import { parentPort } from "node:worker_threads";\n${code}`);
  return createHashPool({ url: pathToFileURL(file), workersMax: 1 });
}

test.each([0, 1, 1000, HASH_BUFFER_BYTES, HASH_INLINE_BYTES_MAX, HASH_INLINE_BYTES_MAX + 1, bytes.length])(
  "%d bytes hash as node:crypto hashes them, of known length or not",
  async (size) => {
    const data = bytes.subarray(0, size);
    const chunks = cut(data, [700_001, 1, 300_000]);
    expect(await hashAll(createHasher({ algorithm: "sha256", pool }), chunks)).toBe(plain(data));
    expect(await hashAll(createHasher({ algorithm: "sha256", sizeBytes: size }), chunks)).toBe(plain(data));
  },
);

test("many at the same time share the workers", async () => {
  const hashes = Array.from({ length: 8 }, (_, turn) => {
    const data = bytes.subarray(turn * 1000, bytes.length - turn * 100_000);
    return hashAll(createHasher({ algorithm: "sha256", pool }), cut(data, [1 << 20])).then((hash) => [
      hash,
      plain(data),
    ]);
  });
  for (const [hash, expected] of await Promise.all(hashes)) expect(hash).toBe(expected);
});

test("the caller may change its chunk as soon as it was taken, and it is never detached", async () => {
  const chunk = new Uint8Array(1 << 20);
  const reference = createHash("sha256");
  const hasher = createHasher({ algorithm: "sha256", pool });
  for (let turn = 0; turn < 6; turn++) {
    chunk.fill(turn);
    reference.update(chunk);
    await hasher.update(chunk);
    expect(chunk.length).toBe(1 << 20);
  }
  expect(await hasher.digest()).toBe(`sha256:${reference.digest("hex")}`);
});

test("no more than the buffers' bytes are under way: then update waits", async () => {
  const stuck = await poolOf("stuck", 'parentPort.on("message", () => {}); parentPort.postMessage("ready");');
  const hasher = createHasher({ algorithm: "sha256", pool: stuck });
  const room = HASH_BUFFERS_MAX * HASH_BUFFER_BYTES;
  expect(hasher.update(bytes.subarray(0, room))).toBeUndefined();
  const waiting = hasher.update(bytes.subarray(0, 1));
  expect(waiting).toBeInstanceOf(Promise);
  hasher.cancel();
  await waiting;
  expect(hasher.update(bytes.subarray(0, room + 1))).toBeUndefined();
  await stuck.close();
});

test("cancelling leaves the worker free for the next", async () => {
  const hasher = createHasher({ algorithm: "sha256", pool });
  for (const chunk of cut(bytes, [1 << 20])) await hasher.update(chunk);
  hasher.cancel();
  hasher.cancel();
  expect(await hashAll(createHasher({ algorithm: "sha256", pool }), [bytes])).toBe(plain(bytes));
});

test.each([
  ["is missing", undefined],
  ["throws at its start", 'throw new Error("no luck");'],
  ["ends at its start", "process.exit(0);"],
])("a worker that %s is done without", async (_, code) => {
  const without =
    code === undefined
      ? createHashPool({ url: pathToFileURL(join(directory, "nowhere.mjs")), workersMax: 1 })
      : await poolOf(`start${code.length}`, code);
  for (let turn = 0; turn < 2; turn++) {
    const hasher = createHasher({ algorithm: "sha256", pool: without });
    expect(await hashAll(hasher, cut(bytes, [700_000]))).toBe(plain(bytes));
  }
  await without.close();
});

test("a worker that dies while it hashes is an error, of update or of digest", async () => {
  const code =
    'parentPort.on("message", () => { throw new Error("out of luck"); }); parentPort.postMessage("ready");';
  const dying = await poolOf("dying", code);
  const failure = { kind: "Unexpected", message: "Cannot hash on a worker thread: it died" };
  const one = createHasher({ algorithm: "sha256", pool: dying });
  await expect(hashAll(one, cut(bytes, [1 << 20]))).rejects.toMatchObject(failure);
  const other = createHasher({ algorithm: "sha256", pool: dying });
  await expect(hashAll(other, [bytes.subarray(0, HASH_INLINE_BYTES_MAX + 1)])).rejects.toMatchObject(failure);
  await dying.close();
});

test("closing fails what is under way; what comes later hashes again", async () => {
  const closing = createHashPool({ url, workersMax: 1 });
  const hasher = createHasher({ algorithm: "sha256", pool: closing });
  await hasher.update(bytes);
  await closing.close();
  await expect(hasher.digest()).rejects.toThrow("it was closed");
  expect(await hashAll(createHasher({ algorithm: "sha256", pool: closing }), [bytes])).toBe(plain(bytes));
  await closing.close();
});

test("idle workers do not keep a process alive, and busy ones do", async () => {
  const file = join(directory, "program.mjs");
  const hasher = new URL("../../../core/bytes/hasher.ts", import.meta.url).href;
  await writeFile(
    file,
    `import { createHasher } from ${JSON.stringify(hasher)};
    const first = createHasher({ algorithm: "sha256" });
    await first.update(new Uint8Array(3 << 20));
    await first.digest();
    const second = createHasher({ algorithm: "sha256" });
    await second.update(new Uint8Array(3 << 20));
    second.digest().then(console.log);`,
  );
  const { stdout } = await execFileAsync(process.execPath, [file], { timeout: 20_000 });
  expect(stdout.trim()).toBe(plain(new Uint8Array(3 << 20)));
});

test("without workers, hashes are made here", async () => {
  const none = createHashPool({ url, workersMax: 0 });
  expect(await hashAll(createHasher({ algorithm: "sha256", pool: none }), [bytes])).toBe(plain(bytes));
});

test("reads chunks of the buffer pool where they are, between others, and gives each back", async () => {
  const own = createHashPool({ url, workersMax: 1 });
  const { free } = freeSlots();
  const expected = createHash("sha256");
  const hasher = createHasher({ algorithm: "sha256", pool: own });
  for (let i = 0; i < 60; i++) {
    // Odd ones are ordinary memory.
    const chunk = i % 3 === 1 ? new Uint8Array(70_001) : takeBuffer(i % 2 === 0 ? 1_000_000 : 100_003);
    chunk.fill(i);
    expected.update(chunk);
    await hasher.update(chunk);
    giveBack(chunk);
  }
  expect(await hasher.digest()).toBe(`sha256:${expected.digest("hex")}`);
  expect(freeSlots().free).toBe(free);
  await own.close();
});

test("gives lent chunks back when the hash is cancelled under the worker's hands", async () => {
  const own = createHashPool({ url, workersMax: 1 });
  const { free } = freeSlots();
  const hasher = createHasher({ algorithm: "sha256", pool: own });
  for (let i = 0; i < 8; i++) {
    const chunk = takeBuffer(1_000_000);
    await hasher.update(chunk);
    giveBack(chunk);
  }
  hasher.cancel();
  const other = createHasher({ algorithm: "sha256", pool: own });
  for (let i = 0; i < 8; i++) await other.update(new Uint8Array(500_000));
  await other.digest();
  expect(freeSlots().free).toBe(free);
  await own.close();
});
