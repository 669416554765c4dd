import { describe, expect, test } from "vitest";
import { listPaths, pattern, readAll, type StoreBench, sameBytes, testBody } from "./store_bench.ts";

/** No service wants parts but the last to be larger than this at the least. */
const PART_BYTES = 5 * 1024 * 1024;

/** Cases of uploads in parts. */
export function testStoreMultipart(bench: () => StoreBench): void {
  describe("multipart", () => {
    test("joins parts that came at the same time and in any order; shows nothing before", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined) return;
      await store.write(`${folder}a`, pattern(10, 9));
      const contents = [pattern(PART_BYTES, 1), pattern(PART_BYTES + 1, 2), pattern(17, 3)];
      const upload = await store.multipart(`${folder}a`);
      const uploading = [3, 1, 2].map((number) => {
        const content = contents[number - 1] ?? new Uint8Array();
        const body = number === 1 ? content : testBody([content]).stream;
        return upload.part(number, body, { size: content.length });
      });
      const parts = await Promise.all(uploading);
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 9))).toBe(true);
      const sorted = parts.toSorted((left, right) => left.number - right.number);
      expect(sorted.map(({ number, size }) => [number, size])).toEqual([
        [1, PART_BYTES],
        [2, PART_BYTES + 1],
        [3, 17],
      ]);
      const meta = await upload.complete(sorted);
      expect(meta.path).toBe(`${folder}a`);
      expect(sameBytes(await readAll(store, `${folder}a`), Buffer.concat(contents))).toBe(true);
    });

    test("takes a part again, and the later one counts", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined) return;
      const upload = await store.multipart(`${folder}a`);
      await upload.part(1, pattern(100, 1), { size: 100 });
      const part = await upload.part(1, pattern(50, 2), { size: 50 });
      await upload.complete([part]);
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(50, 2))).toBe(true);
    });

    test("refuses a part of another length", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined) return;
      const upload = await store.multipart(`${folder}a`);
      for (const body of [
        pattern(9),
        pattern(11),
        testBody([pattern(9)]).stream,
        testBody([pattern(11)]).stream,
      ]) {
        await expect(upload.part(1, body, { size: 10 })).rejects.toMatchObject({ kind: "ConditionFailed" });
      }
      await upload.abort();
    });

    test("keeps metadata", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined || !store.capabilities.userMetadata) return;
      const upload = await store.multipart(`${folder}a`, { metadata: { colour: "blue" } });
      await upload.complete([await upload.part(1, pattern(10), { size: 10 })]);
      expect((await store.stat(`${folder}a`)).metadata).toEqual({ colour: "blue" });
    });

    test("leaves nothing when it is aborted, and may be aborted twice", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined) return;
      const upload = await store.multipart(`${folder}a`);
      const part = await upload.part(1, pattern(10), { size: 10 });
      await upload.abort();
      await upload.abort();
      await expect(upload.complete([part])).rejects.toThrow();
      await expect(upload.part(1, pattern(10), { size: 10 })).rejects.toThrow();
      expect(await listPaths(store, folder)).toEqual([]);
    });

    test("keeps two uploads to one path apart", async () => {
      const { store, folder } = bench();
      if (store.multipart === undefined) return;
      const first = await store.multipart(`${folder}a`);
      const second = await store.multipart(`${folder}a`);
      expect(first.id).not.toBe(second.id);
      const part = await first.part(1, pattern(10, 1), { size: 10 });
      await second.part(1, pattern(20, 2), { size: 20 });
      await second.abort();
      await first.complete([part]);
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(10, 1))).toBe(true);
    });
  });
}
