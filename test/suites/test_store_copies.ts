import { describe, expect, test } from "vitest";
import { requireOperation } from "../../core/store/require_operation.ts";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

const OPTIONAL = [
  ...(["copy", "move", "append", "writeAt", "link", "fetch", "multipart", "sign"] as const),
  "signMultipart",
] as const;

/** Cases of copy and move, and that operations are there exactly where they are declared. */
export function testStoreCopies(bench: () => StoreBench): void {
  test("has the operations that it declares, and does not declare less than it can natively", () => {
    const { store } = bench();
    const { capabilities, native } = store;
    for (const name of OPTIONAL) {
      expect(store[name] !== undefined, name).toBe(capabilities[name] === true);
      expect(capabilities[name] || !native[name], name).toBe(true);
      if (capabilities[name]) expect(requireOperation(store, name)).toBeTypeOf("function");
      else
        expect(() => requireOperation(store, name)).toThrow(expect.objectContaining({ kind: "Unsupported" }));
    }
    for (const key of ["readRange", "writeIfAbsent"] as const) {
      expect(capabilities[key] || !native[key], key).toBe(true);
    }
  });

  for (const operation of ["copy", "move"] as const) {
    describe(operation, () => {
      const run = (store: Store, source: string, target: string) => store[operation]?.(source, target);

      test("gives the target the content, in new directories, and replaces what was there", async () => {
        const { store, folder } = bench();
        if (!store.capabilities[operation]) return;
        for (const size of [0, 1000, 2 * 1024 * 1024 + 5]) {
          const source = `${folder}source ${size}%+é`;
          for (const target of [`${folder}new/${size}/deep`, `${folder}same`]) {
            await store.write(source, pattern(size, size + 1));
            await run(store, source, target);
            expect(sameBytes(await readAll(store, target), pattern(size, size + 1))).toBe(true);
            const left = await listPaths(store, folder);
            expect(left.includes(source)).toBe(operation === "copy");
          }
          await store.remove(source);
        }
      });

      test("takes metadata and content type along", async () => {
        const { store, folder } = bench();
        if (!store.capabilities[operation] || !store.capabilities.userMetadata) return;
        const metadata = { colour: "blue" };
        await store.write(`${folder}a`, pattern(10), { metadata, contentType: "text/plain" });
        await run(store, `${folder}a`, `${folder}b`);
        expect((await store.stat(`${folder}b`)).metadata).toEqual(metadata);
        if (store.capabilities.contentType) {
          expect((await store.stat(`${folder}b`)).contentType).toBe("text/plain");
        }
      });

      test("is NotFound without a source and leaves the target alone", async () => {
        const { store, folder } = bench();
        if (!store.capabilities[operation]) return;
        await store.write(`${folder}b`, pattern(10));
        for (const source of ["a", "x/y", "b/c"]) {
          await expect(run(store, folder + source, `${folder}b`)).rejects.toMatchObject({ kind: "NotFound" });
        }
        expect(sameBytes(await readAll(store, `${folder}b`), pattern(10))).toBe(true);
      });

      test("onto itself changes nothing", async () => {
        const { store, folder } = bench();
        if (!store.capabilities[operation]) return;
        await store.write(`${folder}a`, pattern(10));
        await run(store, `${folder}a`, `${folder}a`);
        expect(sameBytes(await readAll(store, `${folder}a`), pattern(10))).toBe(true);
      });
    });
  }
}
