import { describe, expect, test } from "vitest";
import { listPaths, pattern, readAll, type StoreBench, sameBytes, testBody } from "./store_bench.ts";

/** Cases of cancellation by signal. */
export function testStoreCancellation(bench: () => StoreBench): void {
  describe("cancellation", () => {
    test("ends every operation that begins afterwards", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10));
      const signal = AbortSignal.abort();
      const body = testBody([pattern(10)]);
      const calls: Promise<unknown>[] = [
        store.stat(`${folder}a`, { signal }),
        store.read(`${folder}a`, { signal }),
        store.write(`${folder}b`, pattern(10), { signal }),
        store.write(`${folder}b`, body.stream, { signal }),
        store.remove(`${folder}a`, { signal }),
        listPaths(store, folder, { signal }),
        ...(store.copy ? [store.copy(`${folder}a`, `${folder}b`, { signal })] : []),
        ...(store.move ? [store.move(`${folder}a`, `${folder}b`, { signal })] : []),
        ...(store.append ? [store.append(`${folder}b`, pattern(10), { signal })] : []),
        ...(store.writeAt ? [store.writeAt(`${folder}a`, 0, pattern(10), { signal })] : []),
        ...(store.link ? [store.link(`${folder}b`, `${folder}a`, { signal })] : []),
        ...(store.fetch ? [store.fetch(`${folder}b`, "http://127.0.0.1:9/", { signal })] : []),
        ...(store.multipart ? [store.multipart(`${folder}b`, { signal })] : []),
        ...(store.makeDirectory ? [store.makeDirectory(`${folder}b`, { signal })] : []),
      ];
      for (const [index, result] of (await Promise.allSettled(calls)).entries()) {
        expect(result, String(index)).toMatchObject({ status: "rejected", reason: { kind: "Cancelled" } });
      }
      await body.cancelled;
      expect(await listPaths(store, folder)).toEqual([`${folder}a`]);
    });

    test("ends a write whose body hangs, leaves the old object and lets the body go", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10));
      const controller = new AbortController();
      const body = testBody([pattern(1000)], { hang: true });
      const writing = store.write(`${folder}a`, body.stream, { size: 2000, signal: controller.signal });
      writing.catch(() => {});
      await body.exhausted;
      controller.abort();
      await expect(writing).rejects.toMatchObject({ kind: "Cancelled", retry: "never" });
      await body.cancelled;
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10))).toBe(true);
      expect(await listPaths(store, folder)).toEqual([`${folder}a`]);
    });

    test("ends a stream that is being read", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(4 * 1024 * 1024));
      const controller = new AbortController();
      const iterator = (await store.read(`${folder}a`, { signal: controller.signal }))[
        Symbol.asyncIterator
      ]();
      await iterator.next();
      controller.abort();
      await expect(iterator.next()).rejects.toMatchObject({ kind: "Cancelled" });
      expect(await iterator.next()).toMatchObject({ done: true });
    });

    test("ends a list", async () => {
      const { store, folder } = bench();
      for (const name of ["a", "b", "c"]) await store.write(folder + name, pattern(1));
      const controller = new AbortController();
      const iterator = store.list(folder, { signal: controller.signal })[Symbol.asyncIterator]();
      await iterator.next();
      controller.abort();
      await expect(iterator.next()).rejects.toMatchObject({ kind: "Cancelled" });
    });

    test("of an operation that is over changes nothing", async () => {
      const { store, folder } = bench();
      const controller = new AbortController();
      const { signal } = controller;
      await store.write(`${folder}a`, testBody([pattern(10)]).stream, { size: 10, signal });
      expect(await readAll(store, `${folder}a`, { signal })).toHaveLength(10);
      controller.abort();
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10))).toBe(true);
    });
  });
}
