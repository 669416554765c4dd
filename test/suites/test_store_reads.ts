import { describe, expect, test } from "vitest";
import { pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

const SIZE = 3 * 1024 * 1024 + 17;
const CONTENT = pattern(SIZE);

/** Cases of stat and read. */
export function testStoreReads(bench: () => StoreBench): void {
  describe("stat", () => {
    test("tells path, kind, size and time of an object", async () => {
      const { store, folder } = bench();
      const before = Date.now();
      await store.write(`${folder}a/b`, pattern(1000));
      const meta = await store.stat(`${folder}a/b`);
      expect(meta).toMatchObject({ path: `${folder}a/b`, kind: "file", size: 1000 });
      // Clocks of services differ, and some count whole seconds.
      expect(Math.abs((meta.modifiedAt?.getTime() ?? before) - before)).toBeLessThan(600_000);
    });

    test("has another tag for another content, the same for the same version", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10, 1));
      const first = await store.stat(`${folder}a`);
      expect((await store.stat(`${folder}a`)).etag).toBe(first.etag);
      await store.write(`${folder}a`, pattern(10, 2));
      if (first.etag !== undefined) expect((await store.stat(`${folder}a`)).etag).not.toBe(first.etag);
    });

    test("is NotFound for what is not there, also below an object and for a folder", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10));
      for (const path of [`${folder}b`, `${folder}a/b`, `${folder}b/c/d`]) {
        await expect(store.stat(path)).rejects.toMatchObject({ kind: "NotFound", retry: "never" });
      }
    });
  });

  describe("read", () => {
    test("gives the whole object in chunks that are not empty", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, CONTENT);
      expect(sameBytes(await readAll(store, `${folder}a`), CONTENT)).toBe(true);
    });

    test("gives any range; past the end it is short or empty", async () => {
      const { store, folder } = bench();
      if (!store.capabilities.readRange) return;
      await store.write(`${folder}a`, CONTENT);
      const cases: { readonly offset?: number; readonly length?: number }[] = [
        { offset: 0, length: 0 },
        { offset: 5, length: 0 },
        { offset: 0, length: 1 },
        { length: 10 },
        { offset: 1 },
        { offset: 1024 * 1024 - 1, length: 2 },
        { offset: 1024 * 1024, length: 1024 * 1024 },
        { offset: 7, length: 2 * 1024 * 1024 },
        { offset: SIZE - 1 },
        { offset: SIZE - 1, length: 1 },
        { offset: SIZE - 1, length: 100 },
        { offset: SIZE },
        { offset: SIZE, length: 1 },
        { offset: SIZE + 1000, length: 1 },
        { offset: 0, length: SIZE + 1 },
      ];
      for (const range of cases) {
        const { offset = 0, length = SIZE } = range;
        const expected = CONTENT.subarray(offset, offset + length);
        const found = await readAll(store, `${folder}a`, range);
        expect(sameBytes(found, expected), JSON.stringify(range)).toBe(true);
      }
    });

    test("gives nothing of an empty object, whatever the range", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, new Uint8Array());
      expect(await readAll(store, `${folder}a`)).toHaveLength(0);
      if (!store.capabilities.readRange) return;
      expect(await readAll(store, `${folder}a`, { offset: 0, length: 10 })).toHaveLength(0);
      expect(await readAll(store, `${folder}a`, { offset: 3 })).toHaveLength(0);
    });

    test("throws NotFound before the stream, not in it", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10));
      for (const path of [`${folder}b`, `${folder}a/b`, `${folder}b/c`]) {
        await expect(store.read(path)).rejects.toMatchObject({ kind: "NotFound", retry: "never" });
        await expect(store.read(path, { offset: 1, length: 1 })).rejects.toMatchObject({ kind: "NotFound" });
      }
    });

    test("leaves the chunks to the consumer, who may change them", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, CONTENT);
      const kept: Uint8Array[] = [];
      for await (const chunk of await store.read(`${folder}a`)) {
        kept.push(new Uint8Array(chunk));
        chunk.fill(0);
      }
      expect(sameBytes(Buffer.concat(kept), CONTENT)).toBe(true);
      expect(sameBytes(await readAll(store, `${folder}a`), CONTENT)).toBe(true);
    });

    test("can be ended at any time, also before the first chunk, without holding anything back", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, CONTENT);
      // More than any store lets run at the same time.
      for (let round = 0; round < 50; round++) {
        const iterator = (await store.read(`${folder}a`))[Symbol.asyncIterator]();
        if (round % 2 === 1) await iterator.next();
        await iterator.return?.();
        expect(await iterator.next()).toMatchObject({ done: true });
      }
    });

    test("reads only the version that is asked for", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10, 1));
      const { etag } = await store.read(`${folder}a`);
      if (etag === undefined) return;
      expect(await readAll(store, `${folder}a`, { ifMatch: etag })).toHaveLength(10);
      await store.write(`${folder}a`, pattern(10, 2));
      await expect(store.read(`${folder}a`, { ifMatch: etag })).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
    });

    test("gives the old object or the new one, whole, while it is overwritten", async () => {
      const { store, folder } = bench();
      if (store.capabilities.overwriteAtomic === false) return;
      const size = 256 * 1024;
      const versions = [1, 2, 3].map((value) => new Uint8Array(size).fill(value));
      await store.write(`${folder}a`, versions[0] ?? pattern(1));
      let writing = true;
      const writer = async () => {
        for (let round = 0; round < 12; round++)
          await store.write(`${folder}a`, versions[round % 3] ?? pattern(1));
        writing = false;
      };
      const reader = async () => {
        while (writing) {
          const found = await readAll(store, `${folder}a`);
          expect(found).toHaveLength(size);
          expect(versions.some((version) => sameBytes(found, version))).toBe(true);
        }
      };
      await Promise.all([writer(), reader(), reader()]);
    });
  });
}
