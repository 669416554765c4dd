import { describe, expect, test } from "vitest";
import type { Store } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

const HOSTILE_NAMES = [
  "with space",
  " leading and trailing ",
  "quote\"s and 'quotes'",
  "new\nline",
  "tab\tand\rreturn",
  "emoji 🗄️ 数据",
  "-leading-dash",
  "--help",
  "percent%2Fslash%",
  "plus+and&and=and?and#",
  "a:b;c,d|e*f<g>h",
  "$HOME `id` $(id)",
  "...",
  "..a",
  ".hidden",
  "~",
  "trailing.",
  "{brace}[bracket]",
  "caf\u00e9 NFC",
  "cafe\u0301 NFD",
  "control\u0001\u007f",
  "\u202eright to left",
  "con",
] as const;

const REFUSED = ["", ".", "..", "../a", "a/../b", "a/./b", "a//b", "a/", "a\0b", "a\\..\\b", "bad\ud800"];

/** Cases of names and paths. */
export function testStorePaths(bench: () => StoreBench): void {
  describe("paths", () => {
    test("any name works in every operation", async () => {
      const { store, folder } = bench();
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        const path = `${folder}${name}/${name}`;
        await store.write(path, pattern(100, index + 1));
        expect((await store.stat(path)).path, name).toBe(path);
      }
      expect((await listPaths(store, folder)).sort()).toEqual(
        HOSTILE_NAMES.map((name) => `${folder}${name}/${name}`).sort(),
      );
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        const path = `${folder}${name}/${name}`;
        expect(sameBytes(await readAll(store, path), pattern(100, index + 1)), name).toBe(true);
        expect(await listPaths(store, `${folder}${name}`), name).toEqual([path]);
        await store.remove(path);
      }
      expect(await listPaths(store, folder)).toEqual([]);
    });

    test("letter case tells names apart, or not, as declared", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}Name`, pattern(1, 1));
      await store.write(`${folder}nAME`, pattern(2, 2));
      const { size } = await store.stat(`${folder}Name`);
      expect(size).toBe(store.capabilities.caseSensitive ? 1 : 2);
    });

    test("a path of 1,024 bytes works, and a name of the longest length", async () => {
      const { store, folder } = bench();
      const long = longPath(store, folder);
      await store.write(long, pattern(100));
      expect(sameBytes(await readAll(store, long), pattern(100))).toBe(true);
      expect(await listPaths(store, folder)).toEqual([long]);
      await store.remove(long);
      const nameBytes = Math.min(store.capabilities.nameBytesMax, 255);
      await store.write(`${folder}${"n".repeat(nameBytes)}`, pattern(100));
      expect(await listPaths(store, folder)).toEqual([`${folder}${"n".repeat(nameBytes)}`]);
    });

    test("what is longer than declared is refused", async () => {
      const { store, folder } = bench();
      const { pathBytesMax, nameBytesMax } = store.capabilities;
      if (Number.isFinite(pathBytesMax)) {
        const path = folder + "n/".repeat(pathBytesMax / 2);
        await expect(store.write(`${path}n`, pattern(1))).rejects.toMatchObject({ kind: "Usage" });
      }
      if (nameBytesMax < pathBytesMax) {
        const path = `${folder}${"n".repeat(nameBytesMax + 1)}`;
        await expect(store.write(path, pattern(1))).rejects.toMatchObject({ kind: "Usage" });
      }
      expect(await listPaths(store, folder)).toEqual([]);
    });

    test("what is no path is refused by every operation", async () => {
      const { store, folder } = bench();
      await store.write(`${folder}source`, pattern(1));
      for (const path of REFUSED) {
        const calls: Promise<unknown>[] = [
          store.stat(path),
          store.read(path),
          store.write(path, pattern(1)),
          store.remove(path),
          ...(store.copy ? [store.copy(path, `${folder}b`), store.copy(`${folder}source`, path)] : []),
          ...(store.move ? [store.move(path, `${folder}b`), store.move(`${folder}source`, path)] : []),
          ...(store.append ? [store.append(path, pattern(1))] : []),
          ...(store.writeAt ? [store.writeAt(path, 0, pattern(1))] : []),
          ...(store.fetch ? [store.fetch(path, "http://127.0.0.1:1/")] : []),
          ...(store.link ? [store.link(path, `${folder}source`)] : []),
          ...(store.multipart ? [store.multipart(path)] : []),
          ...(store.makeDirectory ? [store.makeDirectory(path)] : []),
        ];
        for (const result of await Promise.allSettled(calls)) {
          expect(result, JSON.stringify(path)).toMatchObject({
            status: "rejected",
            reason: { kind: "Usage" },
          });
        }
      }
      await expect(listPaths(store, "../x")).rejects.toMatchObject({ kind: "Usage" });
      expect(await listPaths(store, folder)).toEqual([`${folder}source`]);
    });

    test("absolute paths are those inside the work directory, and a backslash is a slash", async () => {
      const { store, folder } = bench();
      const { workDirectory } = store.info;
      await store.write(`${workDirectory}${folder}a/b`, pattern(10));
      expect((await store.stat(`${folder}a\\b`)).path).toBe(`${folder}a/b`);
      expect(await listPaths(store, `${workDirectory}${folder}a/`)).toEqual([`${folder}a/b`]);
      if (workDirectory !== "/") {
        await expect(store.stat("/elsewhere/a")).rejects.toMatchObject({ kind: "Usage" });
      }
    });
  });
}

/** A path in the folder, 1,024 bytes long with the work directory, or as long as the store allows. */
function longPath(store: Store, folder: string): string {
  const { pathBytesMax, nameBytesMax } = store.capabilities;
  const nameBytes = Math.min(nameBytesMax, 200);
  const workDirectoryBytes = Buffer.byteLength(store.info.workDirectory);
  const bytes = Math.min(1024, pathBytesMax) - workDirectoryBytes - folder.length;
  const names: string[] = [];
  for (let left = bytes; left > 0; left -= nameBytes + 1) names.push("p".repeat(Math.min(nameBytes, left)));
  return folder + names.join("/");
}
