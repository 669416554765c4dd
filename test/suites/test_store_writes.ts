import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, type StoreBench, sameBytes, testBody } from "./store_bench.ts";

/** Cases of write and remove. */
export function testStoreWrites(bench: () => StoreBench): void {
  describe("write", () => {
    test("stores bytes and streams, says what it stored, and replaces what was there", async () => {
      const { store, folder } = bench();
      const path = `${folder}a`;
      for (const size of [5000, 1, 70_000, 0, 2 * 1024 * 1024 + 1, 17]) {
        const content = pattern(size, size);
        const body = size % 2 === 0 ? content : testBody(cut(content)).stream;
        const meta = await store.write(path, body, { size });
        expect(meta).toMatchObject({ path, kind: "file", size });
        expect(sameBytes(await readAll(store, path), content), String(size)).toBe(true);
        expect((await store.stat(path)).size).toBe(size);
      }
    });

    test("stores a stream of unknown length", async () => {
      const { store, folder } = bench();
      if (!store.capabilities.writeUnknownSize) return;
      for (const size of [0, 1, 3 * 1024 * 1024]) {
        const content = pattern(size);
        expect(await store.write(`${folder}a`, testBody(cut(content)).stream)).toMatchObject({ size });
        expect(sameBytes(await readAll(store, `${folder}a`), content)).toBe(true);
      }
    });

    test("takes a stream of one-byte and empty chunks", async () => {
      const { store, folder } = bench();
      const content = pattern(300);
      const chunks = [...content].flatMap((byte) => [new Uint8Array(), new Uint8Array([byte])]);
      await store.write(`${folder}a`, testBody(chunks).stream, { size: 300 });
      expect(sameBytes(await readAll(store, `${folder}a`), content)).toBe(true);
    });

    test("does not keep the caller's bytes", async () => {
      const { store, folder } = bench();
      const content = pattern(1000);
      for (const given of [new Uint8Array(content), Buffer.from(content)]) {
        await store.write(`${folder}a`, given);
        given.fill(0);
        expect(sameBytes(await readAll(store, `${folder}a`), content)).toBe(true);
      }
    });

    test("leaves nothing when the body has another length than was said", async () => {
      const { store, folder } = bench();
      for (const [given, said] of [
        [10, 11],
        [11, 10],
        [0, 1],
        [1, 0],
        [3 * 1024 * 1024, 3 * 1024 * 1024 - 1],
        [3 * 1024 * 1024, 3 * 1024 * 1024 + 1],
      ] as const) {
        for (const body of [pattern(given), testBody(cut(pattern(given))).stream]) {
          await expect(store.write(`${folder}a`, body, { size: said })).rejects.toMatchObject({
            kind: "ConditionFailed",
          });
        }
      }
      await expectNothing(store, folder);
    });

    test("leaves the old object when the body has another length, and lets the body go", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(100, 7));
      const long = testBody([pattern(60), pattern(60), pattern(60)]);
      await expect(store.write(`${folder}a`, long.stream, { size: 100 })).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
      await long.cancelled;
      await expect(store.write(`${folder}a`, pattern(99), { size: 100 })).rejects.toThrow();
      expect(sameBytes(await readAll(store, `${folder}a`), pattern(100, 7))).toBe(true);
    });

    test("leaves the old object, or nothing, when the body fails, and throws the body's own error", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}old`, pattern(100, 7));
      for (const chunks of [[], [pattern(10)], cut(pattern(2 * 1024 * 1024))]) {
        for (const path of [`${folder}old`, `${folder}new`]) {
          const error = new Error("the source broke");
          const body = testBody(chunks, { error });
          await expect(store.write(path, body.stream, { size: 4 * 1024 * 1024 })).rejects.toBe(error);
        }
      }
      expect(sameBytes(await readAll(store, `${folder}old`), pattern(100, 7))).toBe(true);
      expect(await listPaths(store, folder)).toEqual([`${folder}old`]);
    });

    test("takes what has the checksum that is sent along, where one can be", async () => {
      const { store, folder } = bench();
      const content = pattern(1000);
      const checksum = { algorithm: "md5", value: createHash("md5").update(content).digest() } as const;
      const writing = store.write(`${folder}a`, content, { size: 1000, checksum });
      if (store.capabilities.readOnly === true) return void (await expect(writing).rejects.toThrow());
      if (store.capabilities.checksums?.includes("md5") !== true) {
        await expect(writing).rejects.toMatchObject({ kind: "Unsupported" });
        await expectNothing(store, folder);
        return;
      }
      await writing;
      expect(sameBytes(await readAll(store, `${folder}a`), content)).toBe(true);
    });

    test("shows nothing until it is complete", async () => {
      const { store, folder } = bench();
      const body = testBody([pattern(1024 * 1024)], { hang: true });
      const controller = new AbortController();
      const size = 2 * 1024 * 1024;
      const writing = store.write(`${folder}a`, body.stream, { size, signal: controller.signal });
      writing.catch(() => {});
      await body.exhausted;
      await expectNothing(store, folder);
      controller.abort();
      await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
      await expectNothing(store, folder);
    });

    test("gives one of several simultaneous writers the path, whole", async () => {
      const { store, folder } = bench();
      const contents = Array.from({ length: 8 }, (_, index) => pattern(100_000 + index, index + 1));
      const metas = await Promise.all(
        contents.map((content) =>
          store.write(`${folder}deep/er/a`, testBody(cut(content)).stream, { size: content.length }),
        ),
      );
      expect(metas.map((meta) => meta.size)).toEqual(contents.map((content) => content.length));
      const found = await readAll(store, `${folder}deep/er/a`);
      expect(contents.some((content) => sameBytes(content, found))).toBe(true);
      expect(await listPaths(store, folder)).toEqual([`${folder}deep/er/a`]);
    });

    test("keeps metadata, or refuses it", async () => {
      const { store, folder } = bench();
      const metadata = { colour: "deep blue", "x-number": "12" };
      const writing = store.write(`${folder}a`, pattern(10), { metadata });
      if (!store.capabilities.userMetadata) {
        await expect(writing).rejects.toMatchObject({ kind: "Unsupported" });
        await expectNothing(store, folder);
        return;
      }
      await writing;
      expect((await store.stat(`${folder}a`)).metadata).toEqual(metadata);
      await store.write(`${folder}a`, pattern(10));
      expect((await store.stat(`${folder}a`)).metadata ?? {}).toEqual({});
    });

    test("keeps the content type, or ignores it", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10), { contentType: "text/markdown" });
      const { contentType } = await store.stat(`${folder}a`);
      if (store.capabilities.contentType) expect(contentType).toBe("text/markdown");
    });
  });

  describe("write ifAbsent", () => {
    test("stores where nothing is and leaves alone what is there", async () => {
      const { store, folder } = bench();
      if (!store.capabilities.writeIfAbsent) return;
      await store.write(`${folder}a/b`, pattern(10, 1), { ifAbsent: true });
      await expect(store.write(`${folder}a/b`, pattern(20, 2), { ifAbsent: true })).rejects.toMatchObject({
        kind: "AlreadyExists",
        retry: "never",
      });
      expect(sameBytes(await readAll(store, `${folder}a/b`), pattern(10, 1))).toBe(true);
      await store.remove(`${folder}a/b`);
      await store.write(`${folder}a/b`, pattern(20, 2), { ifAbsent: true });
      expect(await listPaths(store, folder)).toEqual([`${folder}a/b`]);
    });

    test("lets exactly one of several simultaneous writers win", async () => {
      const { store, folder } = bench();
      if (!store.capabilities.writeIfAbsent) return;
      for (let round = 0; round < 5; round++) {
        const path = `${folder}${round}`;
        const results = await Promise.allSettled(
          [1, 2, 3, 4].map((seed) => store.write(path, pattern(5000, seed), { ifAbsent: true })),
        );
        const winners = results.flatMap((result, index) =>
          result.status === "fulfilled" ? [index + 1] : [],
        );
        expect(winners).toHaveLength(1);
        for (const result of results) {
          if (result.status === "rejected") expect(result.reason).toMatchObject({ kind: "AlreadyExists" });
        }
        expect(sameBytes(await readAll(store, path), pattern(5000, winners[0]))).toBe(true);
      }
    });
  });

  describe("remove", () => {
    test("removes one object, and none is fine too", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}a`, pattern(10));
      await store.write(`${folder}ab`, pattern(10));
      await store.remove(`${folder}a`);
      await store.remove(`${folder}a`);
      await store.remove(`${folder}never/was/there`);
      await store.remove(`${folder}ab/below`);
      await expect(store.stat(`${folder}a`)).rejects.toMatchObject({ kind: "NotFound" });
      expect(await listPaths(store, folder)).toEqual([`${folder}ab`]);
    });
  });
}

async function expectNothing(store: Store, folder: string): Promise<void> {
  expect(await listPaths(store, folder)).toEqual([]);
  await expect(store.stat(`${folder}a`)).rejects.toMatchObject({ kind: "NotFound" });
}

/** The bytes in chunks of growing, odd lengths. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0, length = 1; offset < bytes.length; offset += length, length = length * 3 + 1) {
    if (length > 1024 * 1024) length = 1024 * 1024;
    chunks.push(bytes.subarray(offset, offset + length));
  }
  return chunks;
}
