import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { listPaths, pattern, readAll, type StoreBench, sameBytes, testBody } from "./store_bench.ts";

/** Cases of what a service does by itself: storage classes and fetching. `storageClass`: a word that the service knows. */
export function testStoreServiceSide(
  bench: () => StoreBench,
  options: { readonly storageClass: string },
): void {
  describe("storage class", () => {
    test("is kept, or refused", async () => {
      const { store, folder } = bench();
      const { storageClass } = options;
      const body = testBody([pattern(10)]);
      const writing = [
        store.write(`${folder}a`, pattern(10), { storageClass }),
        store.write(`${folder}b`, body.stream, { storageClass, size: 10 }),
      ];
      const results = await Promise.allSettled(writing);
      if (!store.capabilities.storageClass) {
        for (const result of results) {
          expect(result).toMatchObject({ status: "rejected", reason: { kind: "Unsupported" } });
        }
        await body.cancelled;
        expect(await listPaths(store, folder)).toEqual([]);
        return;
      }
      for (const path of [`${folder}a`, `${folder}b`]) {
        expect((await store.stat(path)).storageClass).toBe(storageClass);
        expect(sameBytes(await readAll(store, path), pattern(10))).toBe(true);
      }
      if (store.multipart === undefined) return;
      const upload = await store.multipart(`${folder}c`, { storageClass });
      await upload.complete([await upload.part(1, pattern(10), { size: 10 })]);
      expect((await store.stat(`${folder}c`)).storageClass).toBe(storageClass);
    });
  });

  describe("content disposition", () => {
    test("is kept, and comes along with a copy, or is refused", async () => {
      const { store, folder } = bench();
      const contentDisposition = `attachment; filename="a b.txt"; filename*=UTF-8''%e2%82%ac.txt`;
      const body = testBody([pattern(10)]);
      const writing = [
        store.write(`${folder}a`, pattern(10), { contentDisposition }),
        store.write(`${folder}b`, body.stream, { contentDisposition, size: 10 }),
      ];
      if (store.capabilities.contentDisposition !== true) {
        for (const result of await Promise.allSettled(writing)) {
          expect(result).toMatchObject({ status: "rejected", reason: { kind: "Unsupported" } });
        }
        await body.cancelled;
        expect(await listPaths(store, folder)).toEqual([]);
        return;
      }
      await Promise.all(writing);
      await store.copy?.(`${folder}a`, `${folder}c`);
      await store.append?.(`${folder}b`, pattern(5));
      for (const path of await listPaths(store, folder)) {
        expect((await store.stat(path)).contentDisposition, path).toBe(contentDisposition);
      }
      await store.write(`${folder}a`, pattern(10));
      expect((await store.stat(`${folder}a`)).contentDisposition).toBeUndefined();
      const injecting = store.write(`${folder}a`, pattern(10), { contentDisposition: "a\r\nx-evil: 1" });
      await expect(injecting).rejects.toMatchObject({ kind: "Usage" });
      if (store.multipart === undefined) return;
      const upload = await store.multipart(`${folder}d`, { contentDisposition });
      await upload.complete([await upload.part(1, pattern(10), { size: 10 })]);
      expect((await store.stat(`${folder}d`)).contentDisposition).toBe(contentDisposition);
    });
  });

  describe("fetch", () => {
    test("makes the object of a URL, replaces what was there, and leaves it alone when the URL fails", async () => {
      const { store, folder } = bench();
      if (store.fetch === undefined) return;
      const content = pattern(100_000);
      const server = createServer((request, answer) => {
        answer.writeHead(request.url === "/there" ? 200 : 404);
        answer.end(request.url === "/there" ? content : "no");
      });
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        await store.write(`${folder}a`, pattern(10));
        for (const path of [`${folder}a`, `${folder}new/b`]) {
          let arrived = 0;
          const onProgress = (bytes: number) => {
            arrived += bytes;
          };
          expect((await store.fetch(path, `${url}/there`, { onProgress })).path).toBe(path);
          expect(arrived).toBe(content.length);
          expect(sameBytes(await readAll(store, path), content)).toBe(true);
          await expect(store.fetch(path, `${url}/missing`)).rejects.toMatchObject({ kind: "NotFound" });
          for (const other of ["file:///etc/hostname", "ftp://127.0.0.1/a", "data:,text", "no url", ""]) {
            await expect(store.fetch(path, other)).rejects.toMatchObject({ kind: "Usage" });
          }
          expect(sameBytes(await readAll(store, path), content)).toBe(true);
        }
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    });
  });
}
