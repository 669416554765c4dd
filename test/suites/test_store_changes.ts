import { describe, expect, test } from "vitest";
import { listPaths, pattern, readAll, type StoreBench, sameBytes, testBody } from "./store_bench.ts";

/** Cases of append and of writing into the middle. */
export function testStoreChanges(bench: () => StoreBench): void {
  describe("append", () => {
    test("makes the object, then adds to its end, bytes and streams, also nothing", async () => {
      const { store, folder } = bench();
      if (store.append === undefined) return;
      const path = `${folder}new/a`;
      const pieces = [pattern(1000, 1), pattern(0), pattern(1, 2), pattern(1024 * 1024 + 3, 3)];
      let whole = new Uint8Array();
      for (const [index, piece] of pieces.entries()) {
        const body = index % 2 === 0 ? piece : testBody([piece.subarray(0, 5), piece.subarray(5)]).stream;
        const meta = await store.append(path, body, index === 3 ? { size: piece.length } : {});
        whole = new Uint8Array(Buffer.concat([whole, piece]));
        expect(meta).toMatchObject({ path, kind: "file", size: whole.length });
        expect(sameBytes(await readAll(store, path), whole), String(index)).toBe(true);
      }
      expect((await store.stat(path)).size).toBe(whole.length);
      expect(await listPaths(store, folder)).toEqual([path]);
    });

    test("adds to what was written, under another tag, and a write replaces all of it", async () => {
      const { store, folder } = bench();
      if (store.append === undefined) return;
      await store.write(`${folder}a`, pattern(100, 1));
      const before = (await store.stat(`${folder}a`)).etag;
      await store.append(`${folder}a`, pattern(50, 2));
      const whole = Buffer.concat([pattern(100, 1), pattern(50, 2)]);
      expect(sameBytes(await readAll(store, `${folder}a`), whole)).toBe(true);
      if (before !== undefined) expect((await store.stat(`${folder}a`)).etag).not.toBe(before);
      await store.write(`${folder}a`, pattern(10, 3));
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 3))).toBe(true);
    });

    test("begins anew after a remove", async () => {
      const { store, folder } = bench();
      if (store.append === undefined) return;
      await store.append(`${folder}a`, pattern(10, 1));
      await store.remove(`${folder}a`);
      await store.remove(`${folder}a`);
      await store.append(`${folder}a`, pattern(10, 2));
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 2))).toBe(true);
    });

    test("that fails leaves what was there, whole, and lets the body go", async () => {
      const { store, folder } = bench();
      if (store.append === undefined) return;
      await store.write(`${folder}a`, pattern(100, 1));
      const error = new Error("the source broke");
      await expect(store.append(`${folder}a`, testBody([pattern(10)], { error }).stream)).rejects.toBe(error);
      const long = testBody([pattern(10), pattern(10), pattern(10)]);
      await expect(store.append(`${folder}a`, long.stream, { size: 15 })).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
      await long.cancelled;
      const found = await readAll(store, `${folder}a`, { length: 100 });
      expect(sameBytes(found, pattern(100, 1))).toBe(true);
    });
  });

  describe("writeAt", () => {
    test("replaces bytes at the start, in the middle and at the end, and lets the object grow", async () => {
      const { store, folder } = bench();
      if (store.writeAt === undefined) return;
      const expected = new Uint8Array(5300);
      expected.set(pattern(5000, 1));
      await store.write(`${folder}a`, pattern(5000, 1));
      const before = (await store.stat(`${folder}a`)).etag;
      for (const [offset, length, seed] of [
        [0, 10, 2],
        [2500, 1, 3],
        [4990, 10, 4],
        [4900, 300, 5],
        [5200, 100, 6],
        [5300, 0, 7],
      ] as const) {
        await store.writeAt(`${folder}a`, offset, pattern(length, seed));
        expected.set(pattern(length, seed), offset);
      }
      expect(sameBytes(await readAll(store, `${folder}a`), expected)).toBe(true);
      const after = await store.stat(`${folder}a`);
      expect(after.size).toBe(5300);
      if (before !== undefined) expect(after.etag).not.toBe(before);
    });

    test("gives the object another tag each time, also when its size stays", async () => {
      const { store, folder } = bench();
      if (store.writeAt === undefined) return;
      await store.write(`${folder}a`, pattern(100));
      const tags = new Set([(await store.stat(`${folder}a`)).etag]);
      if (tags.has(undefined)) return;
      for (let round = 0; round < 5; round++) {
        await store.writeAt(`${folder}a`, 0, pattern(1, round));
        tags.add((await store.stat(`${folder}a`)).etag);
      }
      expect(tags.size).toBe(6);
    });

    test("refuses to leave a gap, and a missing object", async () => {
      const { store, folder } = bench();
      if (store.writeAt === undefined) return;
      await store.write(`${folder}a`, pattern(100));
      for (const offset of [101, -1, 0.5]) {
        await expect(store.writeAt(`${folder}a`, offset, pattern(1))).rejects.toMatchObject({
          kind: "Usage",
        });
      }
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(100))).toBe(true);
      await expect(store.writeAt(`${folder}b`, 0, pattern(1))).rejects.toMatchObject({ kind: "NotFound" });
      expect(await listPaths(store, folder)).toEqual([`${folder}a`]);
    });
  });
}
