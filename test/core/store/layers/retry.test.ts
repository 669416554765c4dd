import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { JcsError } from "../../../../core/errors.ts";
import { type Layer, withLayers } from "../../../../core/store/layer.ts";
import { concurrencyLimit } from "../../../../core/store/layers/concurrency_limit.ts";
import { type FaultRule, faults } from "../../../../core/store/layers/faults.ts";
import { retry } from "../../../../core/store/layers/retry.ts";
import { timeout } from "../../../../core/store/layers/timeout.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";
import { countCalls } from "./count_calls.ts";

const openMemory = (name: string): Promise<Store> =>
  memory.open({ service: "memory", name, workDirectory: "/", options: new Map() }, { environment: {} });

testStore("retry over a store that fails every third time", async () =>
  withLayers(await openMemory("retry-suite"), [
    retry({ retries: 2, delayMs: 0 }),
    concurrencyLimit({ concurrency: 4 }),
    timeout({ operationMs: 10_000, idleMs: 10_000 }),
    faults([
      { operation: ["stat", "copy", "remove", "abort"], every: 3, fault: { kind: "fail" } },
      { operation: ["remove", "stat"], after: 1, every: 3, fault: { kind: "lose" } },
      { operation: "read", every: 3, fault: { kind: "fail" } },
      { operation: "read", after: 1, every: 3, fault: { kind: "fail", at: 1_234_567 } },
      { operation: "list", every: 2, fault: { kind: "fail" } },
    ]),
  ]),
);

describe("retry", () => {
  let store: Store;
  const calls: string[] = [];
  const build = (rules: readonly FaultRule[], retries = 3): Store =>
    withLayers(store, [
      retry({ retries, delayMs: 0 }),
      faults(rules),
      countCalls((call) => calls.push(call)),
    ]);
  const later = { kind: "fail" } as const;
  const throttled = { kind: "fail", error: "Throttled" } as const;

  beforeEach(async () => {
    calls.length = 0;
    store = await openMemory(`retry-${Math.random()}`);
  });

  test("lets go of what it opened again for a reader that went meanwhile", async () => {
    await store.write("a", pattern(1000));
    const opening = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const ended: number[] = [];
    let reads = 0;
    const breaking: Layer = (inner) => ({
      ...inner,
      async read(path, options) {
        const number = reads++;
        if (number === 1) {
          opening.resolve();
          await opened.promise;
        }
        const source = await inner.read(path, options);
        const iterator = source[Symbol.asyncIterator]();
        const next = async () => {
          if (number === 0) throw new JcsError("Unreachable", "the line is dead", { retry: "later" });
          return await iterator.next();
        };
        const end = async () => {
          ended.push(number);
          return { done: true as const, value: undefined };
        };
        return {
          ...(source.etag && { etag: source.etag }),
          [Symbol.asyncIterator]: () => ({ next, return: end }),
        };
      },
    });
    const reader = (await withLayers(store, [retry({ retries: 3, delayMs: 0 }), breaking]).read("a"))[
      Symbol.asyncIterator
    ]();
    const next = reader.next();
    await opening.promise;
    await reader.return?.();
    opened.resolve();
    expect((await next).done).toBe(true);
    expect(ended).toContain(1);
  });

  test("tries as often as it is told and says that it did", async () => {
    const failing = faults([{ operation: "stat", fault: later }]);
    const attempts: string[] = [];
    const counted = withLayers(store, [
      retry({ retries: 3, delayMs: 0 }),
      countCalls((call) => attempts.push(call)),
      failing,
    ]);
    await expect(counted.stat("a")).rejects.toMatchObject({ kind: "Unreachable", retry: "exhausted" });
    expect(attempts).toEqual(["stat a", "stat a", "stat a", "stat a"]);
  });

  test("with no retries lets the error pass as it is", async () => {
    await expect(build([{ operation: "stat", fault: later }], 0).stat("a")).rejects.toMatchObject({
      retry: "later",
    });
  });

  test.each(["never", "exhausted"] as const)("leaves an error alone that is %s worth it", async (word) => {
    const attempts: string[] = [];
    const counted = withLayers(store, [
      retry({ retries: 3, delayMs: 0 }),
      countCalls((call) => attempts.push(call)),
      faults([{ operation: "stat", fault: { kind: "fail", retry: word } }]),
    ]);
    await expect(counted.stat("a")).rejects.toMatchObject({ retry: word });
    expect(attempts).toHaveLength(1);
  });

  test("writes bytes again, but not a stream, and ifAbsent only when nothing was begun", async () => {
    const once = (fault: FaultRule["fault"]) => build([{ operation: "write", times: 1, fault }]);
    await once(later).write("a", pattern(10));
    await once({ kind: "lose" }).write("a", pattern(10, 2));
    expect(calls).toEqual(["write a", "write a", "write a"]);
    const body = testBody([pattern(10)]);
    await expect(once({ kind: "fail", at: 5 }).write("b", body.stream)).rejects.toMatchObject({
      retry: "later",
    });
    await body.cancelled;
    await expect(once({ kind: "lose" }).write("c", pattern(1), { ifAbsent: true })).rejects.toMatchObject({
      retry: "later",
    });
    await once(throttled).write("d", pattern(1), { ifAbsent: true });
    expect((await listPaths(store, "")).sort()).toEqual(["a", "c", "d"]);
  });

  test("moves, begins and completes uploads again only when nothing was begun", async () => {
    await store.write("a", pattern(10));
    const lost = build([{ operation: ["move", "multipart", "complete"], times: 1, fault: { kind: "lose" } }]);
    await expect(lost.move?.("a", "b")).rejects.toMatchObject({ kind: "Unreachable" });
    const refused = build([{ operation: ["move", "multipart", "complete"], every: 2, fault: throttled }]);
    await refused.move?.("b", "c");
    const upload = await refused.multipart?.("d");
    const part = await upload?.part(1, pattern(10), { size: 10 });
    if (part !== undefined) await upload?.complete([part]);
    expect(await listPaths(store, "")).toEqual(["c", "d"]);
  });

  test("goes on with a read at the byte where it broke", async () => {
    const content = pattern(3_000_000);
    await store.write("a", content);
    const breaking = () =>
      build([
        { operation: "read", times: 1, fault: { kind: "fail", at: 1_500_000 } },
        { operation: "read", after: 1, times: 1, fault: later },
        { operation: "read", after: 2, times: 1, fault: { kind: "fail", at: 2_999_999 } },
      ]);
    expect(sameBytes(await readAll(breaking(), "a"), content)).toBe(true);
    expect(calls.filter((call) => call.startsWith("read"))).toEqual([
      "read a 0",
      "read a 1500000",
      "read a 2999999",
    ]);
    const range = await readAll(breaking(), "a", { offset: 100, length: 2_999_900 });
    expect(sameBytes(range, content.subarray(100))).toBe(true);
  });

  test("never joins two versions of an object", async () => {
    await store.write("a", pattern(2_000_000, 1));
    const breaking = build([{ operation: "read", times: 1, fault: { kind: "fail", at: 1_500_000 } }]);
    const iterator = (await breaking.read("a"))[Symbol.asyncIterator]();
    await iterator.next();
    await store.write("a", pattern(2_000_000, 2));
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  test("does not go on where the service tells no tag", async () => {
    await store.write("a", pattern(2_000_000));
    const untagged: Layer = (inner) => ({
      ...inner,
      async read(path, options) {
        const stream = await inner.read(path, options);
        return { [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
      },
    });
    const breaking = withLayers(store, [
      retry({ retries: 3, delayMs: 0 }),
      untagged,
      faults([{ operation: "read", times: 1, fault: { kind: "fail", at: 1_500_000 } }]),
    ]);
    await expect(readAll(breaking, "a")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
  });

  test("counts the tries of a read anew after each chunk, and gives up on a place that stays broken", async () => {
    await store.write("a", pattern(3_000_000));
    const often = build(
      [1, 2, 3, 4, 5].map((index) => ({
        operation: "read",
        after: index - 1,
        times: 1,
        fault: { kind: "fail", at: index * 500_000 },
      })),
      1,
    );
    expect(await readAll(often, "a")).toHaveLength(3_000_000);
    const stuck = build([{ operation: "read", fault: { kind: "fail", at: 500_000 } }]);
    await expect(readAll(stuck, "a")).rejects.toMatchObject({ retry: "exhausted" });
  });

  test("begins a sorted list anew behind the last name", async () => {
    const names = ["a", "b/c", "d", "e"];
    for (const name of names) await store.write(name, pattern(1));
    const breaking = build([
      { operation: "list", times: 1, fault: { kind: "fail", at: 2 } },
      { operation: "list", after: 1, times: 1, fault: later },
    ]);
    expect(await listPaths(breaking, "")).toEqual(names);
    const unsorted: Layer = (inner) => ({
      ...inner,
      capabilities: { ...inner.capabilities, listSorted: false },
    });
    const rules: FaultRule[] = [{ operation: "list", times: 1, fault: { kind: "fail", at: 2 } }];
    const unsafe = withLayers(store, [retry({ retries: 3, delayMs: 0 }), unsorted, faults(rules)]);
    await expect(listPaths(unsafe, "")).rejects.toMatchObject({ retry: "later" });
  });

  describe("waits", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test("twice as long each time, by chance, and as long as the service wants", async () => {
      const times: number[] = [];
      const start = Date.now();
      const asking: Layer = (inner) => ({
        ...inner,
        async stat() {
          times.push(Date.now() - start);
          throw new JcsError("Throttled", "Cannot stat", {
            retry: "later",
            ...(times.length === 3 ? { retryAfterMs: 5000 } : {}),
          });
        },
      });
      const slow = withLayers(store, [retry({ retries: 4, delayMs: 100, random: () => 0.5 }), asking]);
      const failing = expect(slow.stat("a")).rejects.toMatchObject({ kind: "Throttled" });
      await vi.runAllTimersAsync();
      await failing;
      expect(times).toEqual([0, 50, 150, 5150, 5550]);
    });

    test("not beyond the caller's patience", async () => {
      const controller = new AbortController();
      const slow = withLayers(store, [
        retry({ retries: 3, delayMs: 1_000_000 }),
        faults([{ operation: "stat", fault: later }]),
      ]);
      const failing = expect(slow.stat("a", { signal: controller.signal })).rejects.toMatchObject({
        kind: "Cancelled",
      });
      await vi.advanceTimersByTimeAsync(0);
      expect(vi.getTimerCount()).toBe(1);
      controller.abort();
      await failing;
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test("leaves nothing out of a list whose order is not what the service claims", async () => {
    for (const name of ["a", "b", "c"]) await store.write(name, pattern(1));
    const backwards: Layer = (inner) => ({
      ...inner,
      async *list(prefix, options) {
        const entries = [];
        for await (const entry of inner.list(prefix, options)) entries.unshift(entry);
        yield* entries;
      },
    });
    expect(await listPaths(withLayers(store, [retry({ retries: 3, delayMs: 0 }), backwards]), "")).toEqual([
      "c",
      "b",
      "a",
    ]);
  });

  test("does not wait for who asks for more than is reasonable", async () => {
    const asking: Layer = (inner) => ({
      ...inner,
      async stat() {
        throw new JcsError("Throttled", "come back tomorrow", { retry: "later", retryAfterMs: 86_400_000 });
      },
    });
    const patient = withLayers(store, [retry({ retries: 3, delayMs: 0 }), asking]);
    await expect(patient.stat("a")).rejects.toMatchObject({ kind: "Throttled", retry: "exhausted" });
  });
});
