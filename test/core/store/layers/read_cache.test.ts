import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { CACHE_BLOCK_MS, CACHE_CHUNK_BYTES } from "../../../../core/limits.ts";
import type { Layer } from "../../../../core/store/layer.ts";
import { faults } from "../../../../core/store/layers/faults.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { createTraffic, type Traffic } from "../../../../core/store/traffic.ts";
import { temporaryDirectories } from "../../../commands/temporary_directory.ts";
import { pattern, readAll } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const CHUNK = CACHE_CHUNK_BYTES;
const BLOCK = `jcs/blocks/ab/${"0123456789abcdef".repeat(2)}.0`;
const makeDirectory = temporaryDirectories();
let home: string;
let place: string;
let traffic: Traffic;
beforeEach(() => {
  home = makeDirectory();
  place = `memory://cached-${Math.random()}`;
  traffic = createTraffic();
});

/** As many services do: no tags, and times long ago. */
const untagged: Layer = (inner) => ({
  ...inner,
  async stat(path, options) {
    const { etag: _, modifiedAt = new Date(), ...meta } = await inner.stat(path, options);
    return { ...meta, modifiedAt: new Date(modifiedAt.getTime() - 10_000) };
  },
  async read(path, { ifMatch: _, ...options } = {}) {
    const stream = await inner.read(path, options);
    return { [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
  },
});
/** Tells neither tags nor times. */
const silent: Layer = (inner) => ({
  ...untagged(inner),
  async stat(path, options) {
    const { etag: _, modifiedAt: __, ...meta } = await inner.stat(path, options);
    return meta;
  },
});
const open = (query = "cache=64MiB", layers: readonly Layer[] = []) =>
  openStore(`${place}?retries=0&${query}`, { environment: {}, cacheHome: home, traffic, layers });
/** How often the service did an operation since this was asked last. */
const asked = new Map<string, number>();
function counts() {
  const since: Record<string, number> = {};
  for (const { operation, count } of traffic.metrics.rows()) {
    const before = asked.get(operation) ?? 0;
    asked.set(operation, count);
    if (count > before) since[operation] = count - before;
  }
  return since;
}
beforeEach(() => asked.clear());
const files = () =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
async function expectContent(store: Store, path: string, content: Uint8Array, options = {}) {
  const { offset = 0, length = content.length } = options as { offset?: number; length?: number };
  const found = await readAll(store, path, options);
  expect(Buffer.compare(found, content.subarray(offset, offset + length))).toBe(0);
}

for (const [name, layers] of [
  ["with tags", []],
  ["without tags", [untagged]],
] as const) {
  const suiteHome = mkdtempSync(join(tmpdir(), "jcs-cache-"));
  afterAll(() => rmSync(suiteHome, { recursive: true }));
  testStore(`a cached store ${name}`, () =>
    openStore(`memory://cached-suite-${Math.random()}?retries=0&cache=64MiB`, {
      environment: {},
      cacheHome: suiteHome,
      layers: [...layers],
    }),
  );
}

test.each([
  ["tags", []],
  ["sizes and times", [untagged]],
] as const)("by %s: what did not change is read once, whole and in ranges", async (_, layers) => {
  const store = await open("cache=64MiB", [...layers]);
  const content = pattern(3 * CHUNK + 1234);
  await store.write("a", content);
  await expectContent(store, "a", content);
  counts();
  await expectContent(store, "a", content);
  for (const offset of [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK, 3 * CHUNK + 1233, 3 * CHUNK + 1234])
    for (const length of [1, 10, CHUNK, 2 * CHUNK + 5, 10 * CHUNK])
      await expectContent(store, "a", content, { offset, length });
  const { read = 0, stat = 0 } = counts();
  // At the end there is nothing to be cached.
  expect(read).toBeLessThanOrEqual(5);
  expect(stat).toBeGreaterThanOrEqual(36);
});

test.each([
  ["tags", []],
  ["sizes and times", [untagged]],
] as const)("by %s: what changed behind the cache is read anew", async (_, layers) => {
  const [store, other] = [await open("cache=64MiB", [...layers]), await open("", [])];
  const [one, two] = [pattern(CHUNK + 5), pattern(CHUNK + 6).reverse()];
  await store.write("a", one);
  await expectContent(store, "a", one);
  await other.write("a", two);
  await expectContent(store, "a", two);
  await other.remove("a");
  await expect(store.read("a")).rejects.toMatchObject({ kind: "NotFound" });
});

test("what tells neither tag nor time, and what has only just changed, is not cached", async () => {
  for (const layers of [
    [silent],
    [
      ((inner) => ({
        ...inner,
        stat: async (...call) => {
          const { etag: _, ...meta } = await inner.stat(...call);
          return meta;
        },
      })) satisfies Layer,
    ],
  ]) {
    const store = await open("cache=64MiB", layers);
    await store.write("a", pattern(10));
    await readAll(store, "a");
  }
  expect(files()).toEqual([]);
});

test("a range fills whole chunks, and another range in them is there", async () => {
  const store = await open();
  const content = pattern(4 * CHUNK);
  await store.write("a", content);
  await expectContent(store, "a", content, { offset: CHUNK + 10, length: CHUNK });
  counts();
  await expectContent(store, "a", content, { offset: CHUNK, length: 2 * CHUNK });
  expect(counts()).toEqual({ stat: 1 });
  // From the first chunk that is missing on, one request.
  await expectContent(store, "a", content, { offset: 2 * CHUNK });
  expect(counts()).toEqual({ stat: 1, read: 1 });
});

test("blocks of jcs are read without asking, until their time is over or somebody doubts them", async () => {
  const store = await open();
  const content = pattern(2 * CHUNK);
  await store.write(BLOCK, content);
  await expectContent(store, BLOCK, content);
  counts();
  await expectContent(store, BLOCK, content);
  await expectContent(store, BLOCK, content, { offset: CHUNK });
  expect(counts()).toEqual({});
  const past = new Date(Date.now() - CACHE_BLOCK_MS - 1000);
  for (const file of files()) utimesSync(file, past, past);
  await expectContent(store, BLOCK, content, { length: 5 });
  expect(counts()).toEqual({ read: 1 });
  await store.forget?.(BLOCK);
  await expectContent(store, BLOCK, content, { length: 5 });
  expect(counts()).toEqual({ read: 1 });
});

test("within cache_ttl nothing is asked for, but own changes are seen", async () => {
  const store = await open("cache=64MiB&cache_ttl=1h");
  await store.write("a", pattern(10));
  await readAll(store, "a");
  counts();
  await expectContent(store, "a", pattern(10));
  expect(counts()).toEqual({});
  await store.write("a", pattern(20));
  await expectContent(store, "a", pattern(20));
});

test("every change through the store forgets what was kept of the object", async () => {
  const store = await open("cache=64MiB&cache_ttl=1h");
  const change: Record<string, () => Promise<unknown> | undefined> = {
    write: () => store.write("a", pattern(3)),
    append: () => store.append?.("a", pattern(3)),
    writeAt: () => store.writeAt?.("a", 0, pattern(3)),
    copy: () => store.copy?.("b", "a"),
    move: () => store.move?.("b", "a"),
    remove: () => store.remove("a"),
    multipart: async () => {
      const upload = await store.multipart?.("a");
      await upload?.complete([await upload.part(1, pattern(3), { size: 3 })]);
    },
  };
  for (const [name, run] of Object.entries(change)) {
    await store.write("a", pattern(9));
    await store.write("b", pattern(5));
    await readAll(store, "a");
    expect(files().length, name).toBe(1);
    await run();
    expect(files(), name).toEqual([]);
    await store.remove("a");
  }
});

test("a file that is damaged, cut, longer, empty or another's is never served", async () => {
  const store = await open();
  const content = pattern(CHUNK + 100);
  for (const path of [BLOCK, "a"]) {
    await store.write(path, content);
    const damages: ((file: string, index: number) => void)[] = [
      (file) => truncateSync(file, 50),
      (file) => truncateSync(file, 0),
      (file) => appendFileSync(file, "more"),
      (file) => writeFileSync(file, readFileSync(file).fill(1, 10, 11)),
      (file) => writeFileSync(file, readFileSync(file).fill(0)),
    ];
    for (const damage of damages) {
      await expectContent(store, path, content);
      expect(files()).toHaveLength(2);
      files().forEach(damage);
      await expectContent(store, path, content);
    }
    // The chunks change places.
    const [first = "", second = ""] = files();
    const [one, two] = [readFileSync(first), readFileSync(second)];
    writeFileSync(first, two);
    writeFileSync(second, one);
    await expectContent(store, path, content);
    await store.remove(path);
  }
});

test("a stream that breaks off early is not taken for the end of the object", async () => {
  const cut = faults([{ operation: "read", times: 1, fault: { kind: "truncate", at: CHUNK + 7 } }]);
  for (const path of [BLOCK, "a"]) {
    const store = await open("cache=64MiB", [cut]);
    const content = pattern(2 * CHUNK);
    await (await open("")).write(path, content);
    if (path === BLOCK) expect(await readAll(store, path)).toHaveLength(CHUNK + 7);
    await expectContent(store, path, content);
    await expectContent(store, path, content);
  }
});

test("an object that is overwritten while it is read is never mixed: the rest is an error", async () => {
  const [store, other] = [await open(), await open("")];
  await store.write("a", pattern(4 * CHUNK));
  await readAll(store, "a", { length: CHUNK });
  const stream = await store.read("a");
  const iterator = stream[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toHaveLength(CHUNK);
  await other.write("a", pattern(4 * CHUNK).reverse());
  await expect(iterator.next()).rejects.toMatchObject({ kind: "ConditionFailed" });
});

test("the cache is bounded, keeps what was used last, and survives", async () => {
  const limit = 16 * 1024 * 1024;
  const content = pattern(CHUNK);
  const usedBytes = () => files().reduce((sum, file) => sum + statSync(file).size, 0);
  let store = await open("cache=16MiB");
  await store.write("kept", content);
  await readAll(store, "kept");
  const long = new Date(Date.now() - 3_600_000);
  for (let round = 0; round < 100; round++) {
    await store.write(`a${round}`, content);
    await readAll(store, `a${round}`);
    // Each a minute younger than the one before, all older than what is used now.
    const used = new Date(long.getTime() + round * 30_000);
    for (const file of files())
      if (statSync(file).atimeMs > long.getTime() + 3_300_000) utimesSync(file, used, used);
    await readAll(store, "kept");
    await store.close();
    store = await open("cache=16MiB");
    expect(usedBytes()).toBeLessThanOrEqual(limit);
  }
  expect(usedBytes()).toBeGreaterThan(limit / 2);
  counts();
  await readAll(store, "kept");
  await readAll(store, "a99");
  expect(counts()).toEqual({ stat: 2 });
  await readAll(store, "a0");
  expect(counts()).toEqual({ stat: 1, read: 1 });
});

test("files are for their owner only, and a directory that cannot be written is no error", async () => {
  const store = await open(`cache=64MiB&cache_directory=${join(home, "own")}`);
  await store.write("a", pattern(10));
  await readAll(store, "a");
  const [file = ""] = files();
  expect(file.startsWith(join(home, "own"))).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (let folder = join(file, ".."); folder.length > home.length; folder = join(folder, ".."))
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  writeFileSync(join(home, "file"), "");
  const broken = await open(`cache=64MiB&cache_directory=${join(home, "file")}`);
  await expectContent(broken, "a", pattern(10));
});

test("a cache that can hold nothing is refused; none is used where it is not wanted", async () => {
  await expect(open("cache=1MiB")).rejects.toMatchObject({ kind: "Usage" });
  const store = await open("");
  await store.write("a", pattern(10));
  await readAll(store, "a");
  expect(files()).toEqual([]);
  expect(store.forget).toBeUndefined();
});
