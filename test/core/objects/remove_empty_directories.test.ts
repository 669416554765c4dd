import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeEmptyDirectories } from "../../../core/objects/remove_empty_directories.ts";
import { openStore } from "../../../core/store/open_store.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

test("removes what holds nothing, the deepest first, and leaves the rest", async () => {
  const root = makeDirectory();
  for (const name of ["a/b/c", "a/d", "e/f"]) mkdirSync(join(root, name), { recursive: true });
  const store = await openStore(`fs://${root}`, { environment: {} });
  try {
    expect(await removeEmptyDirectories(store, "a")).toBe(true);
    expect(existsSync(join(root, "a"))).toBe(false);
    writeFileSync(join(root, "e", "kept"), "");
    expect(await removeEmptyDirectories(store, "e")).toBe(false);
    expect(readdirSync(join(root, "e"))).toEqual(["kept"]);
  } finally {
    await store.close();
  }
});

test("never touches an object that is called like a prefix", async () => {
  const store = await openStore("memory://remove-empty", { environment: {} });
  try {
    await store.write("a", new Uint8Array(3));
    expect(await removeEmptyDirectories(store, "a")).toBe(false);
    expect(await store.stat("a")).toMatchObject({ size: 3 });
  } finally {
    await store.close();
  }
});
