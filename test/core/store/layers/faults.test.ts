import { describe, expect, test } from "vitest";
import { withLayers } from "../../../../core/store/layer.ts";
import { type FaultRule, faults } from "../../../../core/store/layers/faults.ts";
import { memory } from "../../../../core/store/services/memory.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const openMemory = (): Promise<Store> =>
  memory.open(
    { service: "memory", name: `faults-${Math.random()}`, workDirectory: "/", options: new Map() },
    { environment: {} },
  );

testStore("faults without rules", async () => withLayers(await openMemory(), [faults([])]));

describe("faults", () => {
  const build = async (rules: readonly FaultRule[]) => {
    const inner = await openMemory();
    await inner.write("a", pattern(2_000_000));
    return { inner, store: withLayers(inner, [faults(rules)]) };
  };

  test("strikes the operations, paths and turns that the rule says", async () => {
    const { store } = await build([
      { operation: ["stat", "remove"], path: /^a/, after: 1, every: 2, times: 2, fault: { kind: "fail" } },
    ]);
    const struck: boolean[] = [];
    for (let call = 0; call < 8; call++) {
      struck.push(
        await store.stat("a").then(
          () => false,
          () => true,
        ),
      );
      await expect(store.stat("b")).rejects.toMatchObject({ kind: "NotFound" });
    }
    expect(struck).toEqual([false, true, false, true, false, false, false, false]);
  });

  test("fails with the error it is told", async () => {
    const { store } = await build([
      { operation: "stat", fault: { kind: "fail", error: "PermissionDenied", retry: "never" } },
    ]);
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
  });

  test("loses the answer to what was done", async () => {
    const { inner, store } = await build([{ operation: "remove", fault: { kind: "lose" } }]);
    await expect(store.remove("a")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    expect(await listPaths(inner, "")).toEqual([]);
  });

  test("flips the same byte of the object wherever the read begins", async () => {
    const { store } = await build([{ operation: "read", fault: { kind: "flip", at: 1_500_000 } }]);
    const spoiled = pattern(2_000_000);
    spoiled[1_500_000] = (spoiled[1_500_000] ?? 0) ^ 0xff;
    expect(sameBytes(await readAll(store, "a"), spoiled)).toBe(true);
    const range = await readAll(store, "a", { offset: 1_499_999, length: 3 });
    expect(sameBytes(range, spoiled.subarray(1_499_999, 1_500_002))).toBe(true);
    expect(sameBytes(await readAll(store, "a", { length: 100 }), spoiled.subarray(0, 100))).toBe(true);
  });

  test("cuts reads and writes short without a word", async () => {
    const { inner, store } = await build([
      { operation: ["read", "write"], fault: { kind: "truncate", at: 700 } },
    ]);
    expect(sameBytes(await readAll(store, "a"), pattern(2_000_000).subarray(0, 700))).toBe(true);
    expect(await readAll(store, "a", { offset: 650 })).toHaveLength(50);
    expect(await readAll(store, "a", { offset: 800 })).toHaveLength(0);
    expect(await store.write("b", pattern(1000), { size: 1000 })).toMatchObject({ size: 1000 });
    expect((await inner.stat("b")).size).toBe(700);
  });

  test("breaks writes in the middle, which leaves nothing", async () => {
    const { inner, store } = await build([
      { operation: ["write", "part"], fault: { kind: "fail", at: 500 } },
    ]);
    await expect(store.write("b", pattern(1000))).rejects.toMatchObject({ kind: "Unreachable" });
    const upload = await store.multipart?.("b");
    await expect(upload?.part(1, pattern(1000), { size: 1000 })).rejects.toMatchObject({
      kind: "Unreachable",
    });
    expect(await listPaths(inner, "")).toEqual(["a"]);
  });

  test("hangs until it is cancelled", async () => {
    const { store } = await build([
      { operation: "stat", fault: { kind: "hang" } },
      { operation: "read", fault: { kind: "hang", at: 10 } },
    ]);
    const controller = new AbortController();
    const { signal } = controller;
    const iterator = (await store.read("a", { signal }))[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toHaveLength(10);
    const failing = [store.stat("a", { signal }), iterator.next()].map((call) =>
      expect(call).rejects.toMatchObject({ kind: "Cancelled" }),
    );
    controller.abort();
    await Promise.all(failing);
  });
});
