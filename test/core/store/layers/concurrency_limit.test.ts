import { describe, expect, test } from "vitest";
import { withLayers } from "../../../../core/store/layer.ts";
import { concurrencyLimit } from "../../../../core/store/layers/concurrency_limit.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";
import { countCalls } from "./count_calls.ts";

const open = async (concurrency: number, tell: (call: string) => void = () => {}): Promise<Store> =>
  withLayers(
    await memory.open(
      { service: "memory", name: `limit-${Math.random()}`, workDirectory: "/", options: new Map() },
      { environment: {} },
    ),
    [concurrencyLimit({ concurrency }), countCalls(tell)],
  );

testStore("a store with two places", () => open(2));

/** Runs what is ready; nothing here waits for a clock. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("concurrencyLimit", () => {
  test("lets so many writes run and the others wait in their order", async () => {
    const calls: string[] = [];
    const store = await open(2, (call) => calls.push(call));
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const writing = gates.map((gate, index) =>
      store.write(
        String(index),
        (async function* () {
          await gate.promise;
          yield pattern(1);
        })(),
      ),
    );
    await settle();
    expect(calls).toEqual(["write 0", "write 1"]);
    gates[1]?.resolve();
    await writing[1];
    await settle();
    expect(calls).toEqual(["write 0", "write 1", "write 2"]);
    for (const gate of gates) gate.resolve();
    await Promise.all(writing);
    expect(calls).toHaveLength(4);
  });

  test("keeps the place of a read until its stream ends, fails or is cancelled", async () => {
    const calls: string[] = [];
    const store = await open(1, (call) => calls.push(call));
    await store.write("a", pattern(2_000_000));
    calls.length = 0;
    const first = await store.read("a");
    const waiting = store.read("a");
    await settle();
    expect(calls).toHaveLength(1);
    for await (const chunk of first) expect(chunk.length).toBeGreaterThan(0);
    const second = await waiting;
    expect(calls).toHaveLength(2);
    await second[Symbol.asyncIterator]().return?.();
    const controller = new AbortController();
    const third = (await store.read("a", { signal: controller.signal }))[Symbol.asyncIterator]();
    await third.next();
    controller.abort();
    await expect(third.next()).rejects.toMatchObject({ kind: "Cancelled" });
    await expect(store.read("missing")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await readAll(store, "a")).toHaveLength(2_000_000);
  });

  test("lets a store be copied to itself, and a list's consumer use it, with a single place", async () => {
    const store = await open(1);
    await store.write("a", pattern(2_000_000));
    await store.write("b", await store.read("a"));
    for await (const { path } of store.list("")) await store.remove(path);
    expect(await listPaths(store, "")).toEqual([]);
  });

  test("lets a waiting call be cancelled, its body go, and loses no place by it", async () => {
    const store = await open(1);
    const gate = Promise.withResolvers<void>();
    const first = store.write(
      "a",
      (async function* () {
        await gate.promise;
        yield pattern(1);
      })(),
    );
    const controller = new AbortController();
    const body = testBody([pattern(1)]);
    const failing = [
      store.write("b", body.stream, { signal: controller.signal }),
      store.stat("a", { signal: controller.signal }),
    ].map((call) => expect(call).rejects.toMatchObject({ kind: "Cancelled" }));
    await settle();
    controller.abort();
    await Promise.all(failing);
    await body.cancelled;
    const after = store.stat("a");
    gate.resolve();
    await first;
    expect((await after).size).toBe(1);
    expect(await listPaths(store, "")).toEqual(["a"]);
  });
});
