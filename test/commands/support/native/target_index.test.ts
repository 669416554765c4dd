import { beforeEach, expect, test } from "vitest";
import { createTargetIndex } from "../../../../commands/support/native/target_index.ts";
import { JcsError } from "../../../../core/errors.ts";
import type { NativeClient } from "../../../../core/native_client.ts";
import type { ObjectMeta } from "../../../../core/store/store.ts";

const stored = new Map<string, ObjectMeta>();
const calls: string[] = [];
let listsTell = true;
beforeEach(() => {
  stored.clear();
  calls.length = 0;
  listsTell = true;
});

const native = {
  about: async () => ({ info: { workDirectory: "/" } }),
  async stat({ path }: { readonly path: string }) {
    calls.push(`stat ${path}`);
    const meta = stored.get(path);
    if (meta === undefined) throw new JcsError("NotFound", "Cannot stat");
    return meta;
  },
  async *list({ path }: { readonly path: string }) {
    calls.push(`list ${path}`);
    for (const [name, meta] of stored) {
      if (name.slice(0, Math.max(name.lastIndexOf("/"), 0)) !== path) continue;
      yield listsTell ? meta : { path: name, kind: "file" };
    }
  },
} as unknown as NativeClient;

function add(...paths: readonly string[]): void {
  for (const path of paths)
    stored.set(path, { path, kind: "file", size: path.length, modifiedAt: new Date(0) });
}

test("a few files are asked for one by one, more by one list of their directory", async () => {
  const names = Array.from({ length: 50 }, (_, index) => `d/f${index}`);
  add(...names, "top");
  const index = createTargetIndex(native, "s", {});
  const found = await Promise.all([...names, "d/none", "top", "missing"].map((path) => index.find(path)));
  expect(found.map((meta) => meta?.path)).toEqual([...names, undefined, "top", undefined]);
  expect(calls.filter((call) => call.startsWith("list"))).toEqual(["list d"]);
  expect(calls.filter((call) => call.startsWith("stat"))).toHaveLength(6);
});

test("where lists do not tell size and time, only what is there is asked for", async () => {
  listsTell = false;
  add("f0", "f1", "f2", "f3", "f4");
  const index = createTargetIndex(native, "s", {});
  for (const path of ["f0", "f1", "f2", "f3"]) await index.find(path);
  calls.length = 0;
  expect(await index.find("f4")).toMatchObject({ size: 2 });
  expect(await index.find("none")).toBeUndefined();
  expect(calls).toEqual(["list ", "stat f4"]);
});

test("a directory with too many names is not held, and answers all the same", async () => {
  add(...Array.from({ length: 100_001 }, (_, index) => `big/${index}`));
  const index = createTargetIndex(native, "s", {});
  for (let at = 0; at < 6; at++) expect(await index.find(`big/${at}`)).toMatchObject({ size: 5 });
  expect(await index.find("big/none")).toBeUndefined();
  expect(calls.filter((call) => call === "list big")).toHaveLength(1);
});

test("of many directories the oldest are forgotten, and listed again when they are asked for", async () => {
  const folders = Array.from({ length: 14 }, (_, index) => `d${index}`);
  add(...folders.flatMap((folder) => Array.from({ length: 8000 }, (_, index) => `${folder}/${index}`)));
  const index = createTargetIndex(native, "s", {});
  const ask = async (folder: string) => {
    for (let at = 0; at < 6; at++) expect(await index.find(`${folder}/${at}`)).toBeDefined();
  };
  for (const folder of folders) await ask(folder);
  expect(calls.filter((call) => call.startsWith("list"))).toHaveLength(14);
  await ask("d13");
  expect(calls.filter((call) => call.startsWith("list"))).toHaveLength(14);
  await ask("d0");
  expect(calls.filter((call) => call === "list d0")).toHaveLength(2);
});
