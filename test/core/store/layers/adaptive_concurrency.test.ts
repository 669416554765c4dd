import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { JcsError } from "../../../../core/errors.ts";
import { withLayers } from "../../../../core/store/layer.ts";
import { adaptiveConcurrency } from "../../../../core/store/layers/adaptive_concurrency.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { pattern, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const openMemory = (name: string): Promise<Store> =>
  memory.open({ service: "memory", name, workDirectory: "/", options: new Map() }, { environment: {} });

testStore("a store that adapts", async () =>
  withLayers(await openMemory("adaptive-suite"), [adaptiveConcurrency({ concurrency: 2 })]),
);

/** A service that serves `capacity` calls well: with more it is throttled, or slow. */
async function busyStore(service: {
  readonly capacity: number;
  readonly slow?: boolean;
  readonly retryAfterMs?: number;
}) {
  const inner = await openMemory(`adaptive-${Math.random()}`);
  await inner.write("a", pattern(1));
  const seen = { running: 0, most: 0, throttled: 0, startsMs: [] as number[] };
  const busy: Store = {
    ...inner,
    async stat(path) {
      seen.running += 1;
      seen.most = Math.max(seen.most, seen.running);
      seen.startsMs.push(Date.now());
      const over = seen.running > service.capacity;
      try {
        await new Promise((resolve) => setTimeout(resolve, over && service.slow ? 1000 * seen.running : 10));
        if (!over || service.slow) return await inner.stat(path);
        seen.throttled += 1;
        const { retryAfterMs } = service;
        throw new JcsError("Throttled", "slow down", {
          retry: "later",
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
      } finally {
        seen.running -= 1;
      }
    },
  };
  return { busy, seen };
}

describe("adaptive concurrency", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  /** Runs `calls` calls by `callers` callers. */
  const run = async (store: Store, calls: number, callers: number) => {
    let left = calls;
    const work = Array.from({ length: callers }, async () => {
      while (left-- > 0) await store.stat("a").catch(() => {});
    });
    const all = Promise.all(work);
    await vi.advanceTimersByTimeAsync(600_000);
    await all;
  };

  test("halves when it is throttled, and finds its way to what the service can do", async () => {
    const limits: number[] = [];
    const { busy, seen } = await busyStore({ capacity: 5 });
    const store = withLayers(busy, [
      adaptiveConcurrency({ concurrency: 32, now: () => Date.now(), onLimit: (limit) => limits.push(limit) }),
    ]);
    await run(store, 200, 32);
    expect(Math.min(...limits)).toBeLessThanOrEqual(5);
    const before = seen.throttled;
    await run(store, 1000, 32);
    // One above, then half: a small share is refused, not four calls of five.
    expect(seen.throttled - before).toBeLessThan(250);
    expect(Math.max(...limits.slice(-50))).toBeGreaterThanOrEqual(4);
    expect(Math.max(...limits.slice(-50))).toBeLessThanOrEqual(8);
  });

  test("does less when answers become slow, but not below a quarter of the bound for that alone", async () => {
    const limits: number[] = [];
    const { busy } = await busyStore({ capacity: 4, slow: true });
    const store = withLayers(busy, [
      adaptiveConcurrency({
        concurrency: 16,
        waitMs: 60_000,
        now: () => Date.now(),
        onLimit: (limit) => limits.push(limit),
      }),
    ]);
    await run(store, 20, 2);
    expect(limits).toEqual([]);
    await run(store, 300, 16);
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(4);
    expect(Math.min(...limits)).toBeLessThan(12);
  });

  test("never does more than the bound lets through, and nothing different where all is well", async () => {
    const { busy, seen } = await busyStore({ capacity: 100 });
    const limits: number[] = [];
    const layer = adaptiveConcurrency({
      concurrency: 8,
      now: () => Date.now(),
      onLimit: (limit) => limits.push(limit),
    });
    await run(withLayers(busy, [layer]), 200, 8);
    expect(seen.most).toBe(8);
    expect(limits).toEqual([]);
  });

  test("what the service asks to wait holds for all calls", async () => {
    const { busy, seen } = await busyStore({ capacity: 1, retryAfterMs: 2000 });
    const store = withLayers(busy, [adaptiveConcurrency({ concurrency: 2, now: () => Date.now() })]);
    const both = Promise.allSettled([store.stat("a"), store.stat("a")]);
    await vi.advanceTimersByTimeAsync(20);
    await both;
    const third = store.stat("a");
    await vi.advanceTimersByTimeAsync(10_000);
    await third;
    expect((seen.startsMs[2] ?? 0) - (seen.startsMs[1] ?? 0)).toBeGreaterThanOrEqual(2000);
  });

  test("holds nothing back for longer than it may: streams that need each other get through", async () => {
    const inner = await openMemory(`adaptive-${Math.random()}`);
    let refuse = true;
    const flaky: Store = {
      ...inner,
      async stat(path) {
        if (refuse) throw new JcsError("Throttled", "slow down", { retry: "later" });
        return inner.stat(path);
      },
    };
    const store = withLayers(flaky, [
      adaptiveConcurrency({ concurrency: 4, waitMs: 500, now: () => Date.now() }),
    ]);
    for (let round = 0; round < 10; round++) await store.stat("a").catch(() => {});
    refuse = false;
    const bodies = [1, 2, 3].map(() => testBody([pattern(10)], { hang: true }));
    const controller = new AbortController();
    const writes = bodies.map((body, index) =>
      store.write(`w${index}`, body.stream, { signal: controller.signal }).catch(() => {}),
    );
    await vi.advanceTimersByTimeAsync(600);
    await Promise.all(bodies.map((body) => body.exhausted));
    controller.abort();
    await Promise.all(writes);
  });
});
