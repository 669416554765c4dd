import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CANCEL_GRACE_MS, TRANSFER_BYTES_PER_SECOND_MIN } from "../../../../core/limits.ts";
import { withLayers } from "../../../../core/store/layer.ts";
import { type Fault, faults } from "../../../../core/store/layers/faults.ts";
import { timeout } from "../../../../core/store/layers/timeout.ts";
import type { Operation } from "../../../../core/store/layers/wrap_store.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, testBody } from "../../../suites/store_bench.ts";

const openMemory = (): Promise<Store> =>
  memory.open(
    { service: "memory", name: `timeout-${Math.random()}`, workDirectory: "/", options: new Map() },
    { environment: {} },
  );

/** The hang of a service that does not even listen to the signal. */
const deaf = (store: Store): Store => ({ ...store, stat: () => new Promise(() => {}) });

describe("timeout", () => {
  let store: Store;
  const hanging = (operation: Operation, fault: Fault = { kind: "hang" }): Store =>
    withLayers(store, [timeout({ operationMs: 60_000, idleMs: 30_000 }), faults([{ operation, fault }])]);
  /** Expects the work to fail after so many milliseconds, not earlier. */
  const expectTimedOut = async (work: Promise<unknown>, afterMs: number) => {
    let ended = false;
    const failing = expect(work.finally(() => (ended = true))).rejects.toMatchObject({
      kind: "TimedOut",
      retry: "later",
    });
    await vi.advanceTimersByTimeAsync(afterMs - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await failing;
  };

  beforeEach(async () => {
    store = await openMemory();
    await store.write("a", pattern(3_000_000));
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test.each([
    ["stat", (slow: Store) => slow.stat("a")],
    ["remove", (slow: Store) => slow.remove("a")],
    ["read", (slow: Store) => slow.read("a")],
    ["list", (slow: Store) => listPaths(slow, "")],
    ["multipart", (slow: Store) => slow.multipart?.("b") ?? Promise.resolve()],
  ] as const)("ends a %s that gets no answer", async (operation, run) => {
    await expectTimedOut(run(hanging(operation)), 60_000);
  });

  test("gives a fetch ten times as long from each sign of progress", async () => {
    let progress: (bytes: number) => void = () => {};
    const fetching: Store = {
      ...store,
      fetch: (_path, _url, options) => {
        progress = options?.onProgress ?? progress;
        return new Promise(() => {});
      },
    };
    const slow = withLayers(fetching, [timeout({ operationMs: 60_000, idleMs: 30_000 })]);
    const told: number[] = [];
    const work = slow.fetch?.("a", "http://x", { onProgress: (bytes) => told.push(bytes) });
    setTimeout(() => progress(5), 599_000);
    await expectTimedOut(work ?? Promise.resolve(), 599_000 + 600_000 + CANCEL_GRACE_MS);
    progress(7);
    expect(told).toEqual([5, 7]);
  });

  test("gives a copy ten times as long", async () => {
    await expectTimedOut(hanging("copy").copy?.("a", "b") ?? Promise.resolve(), 600_000);
  });

  test("gives the bytes of a write the time they need at the least", async () => {
    const large = TRANSFER_BYTES_PER_SECOND_MIN * 100;
    await expectTimedOut(hanging("write").write("b", pattern(large)), 160_000);
    const write = hanging("write", { kind: "hang", at: 1000 });
    const second = pattern(TRANSFER_BYTES_PER_SECOND_MIN);
    await expectTimedOut(write.write("b", testBody([second]).stream), 31_000);
  });

  test("ends a stream that falls silent, and lets go of it", async () => {
    const stream = await hanging("read", { kind: "hang", at: 2_000_000 }).read("a");
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    await expectTimedOut(iterator.next(), 30_000);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test("does not count the time of a slow consumer", async () => {
    const patient = hanging("stat");
    const iterator = (await patient.read("a"))[Symbol.asyncIterator]();
    let bytes = 0;
    for (let result = await iterator.next(); result.done !== true; result = await iterator.next()) {
      bytes += result.value.length;
      await vi.advanceTimersByTimeAsync(1_000_000);
    }
    expect(bytes).toBe(3_000_000);
    for await (const entry of patient.list("")) {
      await vi.advanceTimersByTimeAsync(1_000_000);
      expect(entry.path).toBe("a");
    }
  });

  test("gives a service that holds many bytes the time that all of them need", async () => {
    // Takes 8 MiB at once and then works on them without a word, a bit faster than the slowest allowed.
    const holding: Store = {
      ...store,
      info: { ...store.info, heldBytesMax: 32 << 20 },
      async write(path, body) {
        let size = 0;
        if (!(body instanceof Uint8Array)) for await (const chunk of body) size += chunk.length;
        await new Promise((resolve) =>
          setTimeout(resolve, (size / (1.02 * TRANSFER_BYTES_PER_SECOND_MIN)) * 1000),
        );
        return { path, kind: "file", size };
      },
    };
    const patient = withLayers(holding, [timeout({ operationMs: 30_000, idleMs: 30_000 })]);
    const work = patient.write("b", testBody(Array.from({ length: 8 }, () => pattern(1 << 20))).stream);
    await vi.advanceTimersByTimeAsync(130_000);
    expect(await work).toMatchObject({ size: 8 << 20 });
  });

  test("does not count the time of a slow producer", async () => {
    async function* slowly() {
      for (let index = 0; index < 3; index++) {
        await vi.advanceTimersByTimeAsync(1_000_000);
        yield pattern(10);
      }
    }
    await hanging("stat").write("b", slowly(), { size: 30 });
    expect(await readAll(store, "b")).toHaveLength(30);
  });

  test("lets the caller cancel even where the service does not listen", async () => {
    const controller = new AbortController();
    const slow = withLayers(deaf(store), [timeout({ operationMs: 60_000, idleMs: 30_000 })]);
    const failing = expect(slow.stat("a", { signal: controller.signal })).rejects.toMatchObject({
      kind: "Cancelled",
    });
    controller.abort();
    await vi.advanceTimersByTimeAsync(1000);
    await failing;
  });

  test("waits a little for a service that tidies up, and believes one that finishes", async () => {
    const controller = new AbortController();
    const tidying = { ...store };
    const tidied = Promise.withResolvers<void>();
    let finishes = false;
    tidying.remove = async (_, options) => {
      await new Promise((resolve) => options?.signal?.addEventListener("abort", resolve, { once: true }));
      await new Promise((resolve) => setTimeout(resolve, 500));
      tidied.resolve();
      if (!finishes) throw new Error("aborted");
    };
    const slow = withLayers(tidying, [timeout({ operationMs: 1000, idleMs: 0 })]);
    let ended = false;
    const failing = expect(
      slow.remove("a", { signal: controller.signal }).finally(() => (ended = true)),
    ).rejects.toMatchObject({ kind: "Cancelled" });
    controller.abort();
    await vi.advanceTimersByTimeAsync(499);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await tidied.promise;
    await failing;
    finishes = true;
    const done = slow.remove("a");
    await vi.advanceTimersByTimeAsync(1500);
    await done;
  });

  test("lets go of a stream that was opened too late", async () => {
    const opened = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const slow = withLayers(
      {
        ...store,
        async read(path, options) {
          const stream = await store.read(path);
          expect(options?.signal?.aborted).toBe(false);
          await opened.promise;
          const iterator = stream[Symbol.asyncIterator]();
          return {
            [Symbol.asyncIterator]: () => ({
              ...iterator,
              async return() {
                closed.resolve();
                return { done: true, value: undefined };
              },
            }),
          };
        },
      },
      [timeout({ operationMs: 1000, idleMs: 0 })],
    );
    await expectTimedOut(slow.read("a"), 2000);
    opened.resolve();
    await closed.promise;
  });

  test("waits for ever when it is told so", async () => {
    const slow = withLayers(store, [
      timeout({ operationMs: 0, idleMs: 0 }),
      faults([{ operation: ["stat", "read"], fault: { kind: "delay", delayMs: 1_000_000 } }]),
    ]);
    const found = slow.stat("a");
    const reading = readAll(slow, "a");
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect((await found).size).toBe(3_000_000);
    expect(await reading).toHaveLength(3_000_000);
  });
});
