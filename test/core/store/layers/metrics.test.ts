import { expect, test } from "vitest";
import { withLayers } from "../../../../core/store/layer.ts";
import { faults } from "../../../../core/store/layers/faults.ts";
import { type LogEntry, log } from "../../../../core/store/layers/log.ts";
import { createMetricsBook, metrics } from "../../../../core/store/layers/metrics.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import { createTraffic } from "../../../../core/store/traffic.ts";
import { listPaths, pattern, readAll, testBody } from "../../../suites/store_bench.ts";

test("counts tries, failures, bytes and time, by space and operation", async () => {
  const traffic = createTraffic();
  const store = await openStore("memory://metrics", {
    environment: {},
    traffic,
    space: { name: "here" },
    layers: [faults([{ operation: "stat", times: 2, fault: { kind: "fail" } }])],
  });
  await store.write("a", pattern(1000));
  await store.write("b", testBody([pattern(10), pattern(20)]).stream);
  await store.append?.("b", pattern(5));
  await readAll(store, "a", { offset: 600 });
  await store.stat("a");
  await listPaths(store, "");
  await expect(store.read("missing")).rejects.toThrow();
  await store.remove("a");
  await store.remove("b");
  const rows = traffic.metrics.rows();
  const of = (name: string) => rows.find(({ operation }) => operation === name);
  expect(rows.every(({ space }) => space === "here")).toBe(true);
  expect(of("write")).toMatchObject({ count: 2, failed: 0, bytes: 1030 });
  expect(of("append")).toMatchObject({ count: 1, bytes: 5 });
  expect(of("read")).toMatchObject({ count: 2, failed: 1, bytes: 400 });
  expect(of("stat")).toMatchObject({ count: 3, failed: 2, bytes: 0 });
  expect(of("list")).toMatchObject({ count: 1, failed: 0 });
  expect(of("remove")).toMatchObject({ count: 2 });
  expect(of("stat")).toMatchObject({ retried: 2 });
  expect(of("write")).toMatchObject({ retried: 0 });
  for (const { totalMs, maxMs, longestMs, p50Ms, p95Ms } of rows) {
    expect(longestMs).toBeGreaterThanOrEqual(maxMs);
    expect(totalMs).toBeGreaterThanOrEqual(maxMs);
    expect(maxMs).toBeGreaterThanOrEqual(p95Ms);
    expect(p95Ms).toBeGreaterThanOrEqual(p50Ms);
    expect(p50Ms).toBeGreaterThan(0);
  }
});

test("a stream that breaks is a failure of its space", async () => {
  const inner = await openStore("memory://metrics-break?retries=0", { environment: {} });
  await inner.write("a", pattern(100));
  const book = createMetricsBook();
  const store = withLayers(inner, [
    metrics({ book, space: "s" }),
    faults([{ operation: "read", fault: { kind: "fail", at: 50 } }]),
  ]);
  await expect(readAll(store, "a")).rejects.toThrow();
  expect(book.rows()).toMatchObject([{ operation: "read", count: 1, failed: 1, bytes: 50 }]);
});

test("a list that breaks after its first entries is a failure of its space", async () => {
  const inner = await openStore("memory://metrics-list?retries=0", { environment: {} });
  for (const path of ["a", "b", "c"]) await inner.write(path, pattern(1));
  const book = createMetricsBook();
  const store = withLayers(inner, [
    metrics({ book, space: "s" }),
    faults([{ operation: "list", fault: { kind: "fail", at: 2 } }]),
  ]);
  await expect(listPaths(store, "")).rejects.toThrow();
  expect(book.rows()).toMatchObject([{ operation: "list", count: 1, failed: 1 }]);
});

test("the longest time is that of the whole stream, as the log has it", async () => {
  const entries: LogEntry[] = [];
  const traffic = createTraffic({ log: { write: (entry) => entries.push(entry), redactPaths: false } });
  const store = await openStore("memory://metrics-whole", { environment: {}, traffic, space: { name: "s" } });
  await store.write("a", pattern(10));
  const stream = (await store.read("a"))[Symbol.asyncIterator]();
  const answeredMs = traffic.metrics.rows().find(({ operation }) => operation === "read")?.longestMs ?? 0;
  const startedMs = performance.now();
  do await new Promise(setImmediate);
  while (performance.now() - startedMs < 5 * Math.max(answeredMs, 1));
  await stream.return?.();
  const { longestMs = 0, maxMs = 0 } =
    traffic.metrics.rows().find(({ operation }) => operation === "read") ?? {};
  const line = entries.find(({ operation }) => operation === "read")?.milliseconds ?? 0;
  expect(longestMs).toBeGreaterThanOrEqual(line);
  expect(line).toBeGreaterThan(4 * maxMs);
  await store.remove("a");
});

test("the log tells every try, and paths only as digests where that is wished", async () => {
  for (const redactPaths of [false, true]) {
    const entries: LogEntry[] = [];
    const traffic = createTraffic({ log: { write: (entry) => entries.push(entry), redactPaths } });
    const store = await openStore("memory://log", { environment: {}, traffic, space: { name: "here" } });
    await store.write("private/name", pattern(10));
    await expect(store.read("private/other")).rejects.toThrow();
    await listPaths(store, "private");
    await store.remove("private/name");
    expect(entries.map(({ operation, error }) => [operation, error])).toEqual([
      ["write", undefined],
      ["read", "NotFound"],
      ["list", undefined],
      ["remove", undefined],
    ]);
    expect(JSON.stringify(entries).includes("private")).toBe(!redactPaths);
    expect(entries[0]?.path).toBe(entries[3]?.path);
    expect(entries[0]?.path.split("/")).toHaveLength(2);
    expect(entries[0]?.path).not.toBe(entries[1]?.path);
  }
});

test("an entry has the number of the try, the bytes and the time of the whole stream", async () => {
  const entries: LogEntry[] = [];
  const traffic = createTraffic({ log: { write: (entry) => entries.push(entry), redactPaths: false } });
  const store = await openStore("memory://log-tries", {
    environment: {},
    traffic,
    layers: [
      faults([
        { operation: "write", times: 2, fault: { kind: "fail" } },
        { operation: "read", times: 1, fault: { kind: "fail", at: 600 } },
        { operation: "list", times: 1, fault: { kind: "fail" } },
      ]),
    ],
  });
  await store.write("a", pattern(1000));
  await readAll(store, "a", { offset: 100 });
  await listPaths(store, "");
  const stream = await store.read("a");
  await stream[Symbol.asyncIterator]().return?.();
  expect(entries.map(({ operation, attempt, bytes, error }) => [operation, attempt, bytes, error])).toEqual([
    ["write", 1, 1000, "Unreachable"],
    ["write", 2, 1000, "Unreachable"],
    ["write", 3, 1000, undefined],
    ["read", 1, 500, "Unreachable"],
    ["read", 2, 400, undefined],
    ["list", 1, 0, "Unreachable"],
    ["list", 2, 0, undefined],
    ["read", 1, 0, undefined],
  ]);
  const started = entries.map(({ startedAtMs }) => startedAtMs);
  expect(started).toEqual(started.toSorted((left, right) => left - right));
  expect(Math.abs((started[0] ?? 0) - Date.now())).toBeLessThan(60_000);
  await store.remove("a");
});

test("the log layer alone changes nothing", async () => {
  const inner = await openStore("memory://log-alone", { environment: {} });
  const store = withLayers(inner, [log({ space: "s", write: () => {}, redactPaths: false })]);
  await store.write("a", pattern(3));
  expect(await readAll(store, "a")).toHaveLength(3);
  await store.remove("a");
});
