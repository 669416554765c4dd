import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ByteStream } from "../../../../core/bytes/byte_stream.ts";
import { SMALL_SOURCE_BYTES_MAX } from "../../../../core/limits.ts";
import { type TemporaryFile, temporaryFile } from "../../../../core/local/temporary_file.ts";
import { type Layer, withLayers } from "../../../../core/store/layer.ts";
import { type FaultRule, faults } from "../../../../core/store/layers/faults.ts";
import { type SpoolOptions, spool } from "../../../../core/store/layers/spool.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import { probeStore } from "../../../../core/store/probe/probe_store.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { storeError } from "../../../../core/store/store_error.ts";
import { freeSlots, giveBack, takeBuffer } from "../../../../ioswitch/buffer_pool.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";
import { countCalls } from "./count_calls.ts";

const MIB = 1024 * 1024;

/** A store that has to know each length beforehand. */
const sized: Layer = (inner) => {
  const capabilities = { ...inner.capabilities, writeUnknownSize: false };
  return {
    ...inner,
    native: capabilities,
    capabilities,
    write(path, body, options = {}) {
      if (options.size === undefined && !(body instanceof Uint8Array)) {
        throw storeError(inner.info, { kind: "Unexpected", operation: "write", path, state: "status 411" });
      }
      return inner.write(path, body, options);
    },
  };
};

testStore("a store that wants to know each length, with spool", () =>
  openStore(`memory://spool-${Math.random()}`, { environment: {}, layers: [sized] }),
);

let directory: string;
let store: Store;
const calls: string[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "jcs-spool-"));
  calls.length = 0;
  const connection = { service: "memory", name: `spool-${Math.random()}`, workDirectory: "/" };
  const inner = await memory.open({ ...connection, options: new Map() }, { environment: {} });
  store = withLayers(inner, [sized, countCalls((call) => calls.push(call))]);
});
afterEach(() => {
  const left = openFiles();
  rmSync(directory, { recursive: true });
  expect(left).toEqual([]);
});

const open = (options: Omit<SpoolOptions, "directory"> = {}) => spool({ directory, ...options })(store);
const through = (environment: Readonly<Record<string, string>>, options = "", rules: FaultRule[] = []) =>
  openStore(`memory://spool-${Math.random()}?adaptive=false${options}`, {
    environment: { JCS_TEMP: directory, ...environment },
    layers: [sized, faults(rules)],
  });

/** The temporary files that this process has open, by their permissions. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    const path = join("/proc/self/fd", name);
    try {
      return readlinkSync(path).startsWith(directory) ? [(statSync(path).mode & 0o777).toString(8)] : [];
    } catch {
      return [];
    }
  });
}

/** `bytes` in chunks of all lengths. */
function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0, length = 1; offset < bytes.length; offset += length, length = length * 2 + 1) {
    if (length > 3 * MIB) length = 5;
    chunks.push(bytes.subarray(offset, offset + length));
  }
  return chunks;
}

describe("spool", () => {
  test("adds the capability, and only where it is missing and something can be written", () => {
    const spooled = open();
    expect(spooled.capabilities).toEqual({ ...store.capabilities, writeUnknownSize: true });
    expect(spooled.native.writeUnknownSize).toBe(false);
    for (const more of [{ readOnly: true }, { writeUnknownSize: true }]) {
      const other = { ...store, capabilities: { ...store.capabilities, ...more } };
      expect(spool({ directory })(other)).toBe(other);
    }
  });

  test("passes on bodies of every length, in memory up to 8 MiB", async () => {
    let files = 0;
    const spooled = open({
      createFile(place) {
        files += 1;
        return temporaryFile(place);
      },
    });
    const most = SMALL_SOURCE_BYTES_MAX;
    for (const size of [
      0,
      1,
      64 * 1024 - 1,
      64 * 1024,
      64 * 1024 + 1,
      3 * MIB,
      most,
      most + 1,
      20 * MIB + 7,
    ]) {
      const content = pattern(size);
      const meta = await spooled.write("a", testBody(chunksOf(content)).stream, { metadata: { k: "v" } });
      expect(meta).toMatchObject({ size });
      expect(sameBytes(await readAll(store, "a"), content), String(size)).toBe(true);
      expect((await store.stat("a")).metadata).toEqual({ k: "v" });
      expect(files, String(size)).toBe(size > most ? 1 : 0);
      files = 0;
    }
  });

  test("leaves bytes, and streams of known size, alone", async () => {
    const bodies: unknown[] = [];
    const inner: Store = {
      ...store,
      write(path, body, options) {
        bodies.push(body);
        return store.write(path, body, options);
      },
    };
    const spooled = spool({ directory })(inner);
    const bytes = pattern(10);
    const { stream } = testBody([pattern(10)]);
    await spooled.write("a", bytes);
    await spooled.write("a", stream, { size: 10 });
    expect(bodies).toEqual([bytes, stream]);
    expect(bodies[1]).toBe(stream);
    const wrong = spooled.write("a", testBody([pattern(10)]).stream, { size: 11 });
    await expect(wrong).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  test("appends bodies of unknown size", async () => {
    const spooled = open();
    await spooled.append?.("a", testBody([pattern(5)]).stream);
    await spooled.append?.("a", testBody([pattern(9 * MIB)]).stream);
    expect((await store.stat("a")).size).toBe(9 * MIB + 5);
  });

  test("keeps a file that nobody else can read and that has no name", async () => {
    const body = testBody([pattern(9 * MIB)], { hang: true });
    const controller = new AbortController();
    const writing = open().write("a", body.stream, { signal: controller.signal });
    writing.catch(() => {});
    await body.exhausted;
    expect(openFiles()).toEqual(["600"]);
    expect(readdirSync(directory)).toEqual([]);
    controller.abort();
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    await body.cancelled;
    expect(calls).toEqual([]);
  });

  test("throws the body's own error, and nothing reaches the service", async () => {
    for (const size of [10, 9 * MIB]) {
      const error = new Error("the source broke");
      const writing = open().write("a", testBody([pattern(size)], { error }).stream);
      await expect(writing).rejects.toBe(error);
    }
    expect(calls).toEqual([]);
    expect(await listPaths(store, "")).toEqual([]);
  });

  test("frees the file when the service fails or takes only a part", async () => {
    const failing: Store = {
      ...store,
      async write(_path, body) {
        for await (const _ of body as ByteStream) break;
        throw new Error("the service broke");
      },
    };
    const writing = spool({ directory })(failing).write("a", testBody([pattern(9 * MIB)]).stream);
    await expect(writing).rejects.toThrow("the service broke");
  });

  test("gives back the memory of chunks", async () => {
    const before = freeSlots().free;
    const chunks = Array.from({ length: 12 }, (_, seed) => takeBuffer(MIB).fill(seed));
    expect(freeSlots().free).toBe(before - 12);
    const sums: number[] = [];
    const taking: Store = {
      ...store,
      async write(path, body) {
        expect(freeSlots().free).toBe(before);
        for await (const chunk of body as ByteStream) {
          sums.push(chunk.reduce((sum, byte) => sum + byte, 0));
          giveBack(chunk);
        }
        return { path, kind: "file" };
      },
    };
    await spool({ directory })(taking).write("a", testBody(chunks).stream);
    expect(sums).toEqual(chunks.map((_, seed) => seed * MIB));
    expect(freeSlots().free).toBe(before);
  });

  test.each([
    ["when it is made", 0],
    ["at the first bytes", 1],
    ["later", 9 * MIB],
    ["at the very end", 17 * MIB - 1],
  ])("says so when the disk is full %s, and how to go on", async (_when, room) => {
    let closed = 0;
    const full = Object.assign(new Error("write"), { code: "ENOSPC" });
    const createFile = async (place: string): Promise<TemporaryFile> => {
      if (room === 0) throw full;
      const file = await temporaryFile(place);
      let left = room;
      return {
        ...file,
        async append(bytes) {
          left -= bytes.length;
          if (left < 0) throw full;
          await file.append(bytes);
        },
        async close() {
          closed += 1;
          await file.close();
        },
      };
    };
    const body = testBody(Array.from({ length: 17 }, () => pattern(MIB)));
    const error = await open({ createFile })
      .write("a", body.stream)
      .catch((thrown: unknown) => thrown);
    const told = new RegExp(`unknown size in "${directory}": no space left on the disk. Set JCS_TEMP to`);
    expect(error).toMatchObject({
      kind: "NoSpace",
      retry: "never",
      message: expect.stringMatching(told),
      where: { operation: "write", path: "a" },
    });
    if (room < 17 * MIB - 1) await body.cancelled;
    expect(closed).toBe(room === 0 ? 0 : 1);
    expect(calls).toEqual([]);
  });
});

describe("spool among the default layers", () => {
  test("a directory that is not there is a mistake of JCS_TEMP, and no missing object", async () => {
    const missing = join(directory, "missing");
    const spooled = await through({ JCS_TEMP: missing });
    expect(await spooled.write("a", testBody([pattern(SMALL_SOURCE_BYTES_MAX)]).stream)).toMatchObject({
      size: SMALL_SOURCE_BYTES_MAX,
    });
    const writing = spooled.write("b", testBody([pattern(9 * MIB)]).stream);
    await expect(writing).rejects.toMatchObject({
      kind: "Config",
      message: expect.stringMatching(/missing": no such file or directory. Set JCS_TEMP/),
    });
  });

  test("sends again what was gathered, in memory or in a file", async () => {
    const later = { kind: "fail", at: MIB } as const;
    for (const size of [2 * MIB, 9 * MIB + 1]) {
      const rules: FaultRule[] = [{ operation: "write", times: 2, fault: later }];
      const spooled = await through({}, "", rules);
      await spooled.write("a", testBody(chunksOf(pattern(size))).stream);
      expect(sameBytes(await readAll(spooled, "a"), pattern(size))).toBe(true);
      const tired = await through({}, "&retries=1", [{ operation: "write", fault: later }]);
      const writing = tired.write("a", testBody([pattern(size)]).stream);
      await expect(writing).rejects.toMatchObject({ kind: "Unreachable", retry: "exhausted" });
    }
  });

  test("holds no place while it gathers", async () => {
    const spooled = await through({}, "&concurrency=1");
    const body = testBody([pattern(10)], { hang: true });
    const controller = new AbortController();
    const writing = spooled.write("a", body.stream, { signal: controller.signal });
    writing.catch(() => {});
    await body.exhausted;
    await spooled.write("b", pattern(10));
    controller.abort();
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    expect(await listPaths(spooled, "")).toEqual(["b"]);
  });

  test("what is refused in any case is refused before a byte is taken", async () => {
    const spooled = await through({});
    const body = testBody([pattern(10)]);
    const writing = spooled.write("a", body.stream, { storageClass: "COLD" });
    await expect(writing).rejects.toMatchObject({ kind: "Unsupported" });
    await body.cancelled;
  });

  test("a probe tells what the service itself can do", async () => {
    const findings = [];
    for await (const finding of probeStore(await through({}))) findings.push(finding);
    expect(findings.find(({ name }) => name === "write of unknown size")).toMatchObject({ verdict: "no" });
  });
});
