import { expect, test } from "vitest";
import { faults } from "../../../../core/store/layers/faults.ts";
import { virtualLinks } from "../../../../core/store/layers/virtual_links.ts";
import type { SignedRequest, Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../suites/store_bench.ts";
import { plainStore } from "./plain_store.ts";

const open = async () => {
  const inner = await plainStore();
  return { inner, store: virtualLinks()(inner) };
};

test("shows what the service lacks as there, in objects that say where links lead", async () => {
  const { inner, store } = await open();
  expect([store.capabilities.link, store.native.link]).toEqual([true, false]);
  expect(store.capabilities.listSorted).toBe(false);
  await store.link?.("a", "far/away");
  expect(await listPaths(inner, "")).toEqual(["a.jcs-link"]);
  expect(Buffer.from(await readAll(inner, "a.jcs-link")).toString()).toBe(
    '{"jcs":"link","target":"far/away"}\n',
  );
  expect(await listPaths(store, "")).toEqual(["a"]);
});

test("an object counts where a crash left both, and takes the link with it in the end", async () => {
  const { inner, store } = await open();
  await store.write("target", pattern(10, 1));
  await store.link?.("a", "target");
  const rule = { operation: "remove", path: /link$/, fault: { kind: "fail", retry: "never" } } as const;
  const broken = virtualLinks()(faults([rule])(inner));
  await broken.write("a", pattern(20, 2));
  expect(await listPaths(inner, "")).toEqual(["a", "a.jcs-link", "target"]);
  expect(await store.stat("a")).toMatchObject({ kind: "file", size: 20 });
  expect(sameBytes(await readAll(store, "a"), pattern(20, 2))).toBe(true);
  await expect(broken.remove("a")).rejects.toThrow();
  expect((await store.stat("a")).kind).toBe("file");
  await store.remove("a");
  expect(await listPaths(inner, "")).toEqual(["target"]);
});

test("40 links in a row are followed, and not one more", async () => {
  const { store } = await open();
  await store.write("0", pattern(10));
  for (let index = 1; index <= 41; index++) await store.link?.(String(index), String(index - 1));
  expect(await readAll(store, "40")).toHaveLength(10);
  await expect(store.read("41")).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
});

test("appends, changes and signed reads go where the link leads", async () => {
  const { inner } = await open();
  const sign: Store["sign"] = async (operation, path) =>
    ({ method: operation, url: path, headers: {}, expiresAt: new Date() }) satisfies SignedRequest;
  const store = virtualLinks()({ ...inner, sign });
  await store.write("target", pattern(10, 1));
  await store.link?.("a", "target");
  await store.append?.("a", pattern(5, 2));
  await store.writeAt?.("a", 0, pattern(10, 3));
  expect(sameBytes(await readAll(inner, "target"), Buffer.concat([pattern(10, 3), pattern(5, 2)]))).toBe(
    true,
  );
  const urls = (["read", "write", "remove"] as const).map(
    async (operation) => (await store.sign?.(operation, "a", { expiresInSeconds: 60 }))?.url,
  );
  expect(await Promise.all(urls)).toEqual(["target", "a", "a.jcs-link"]);
  await store.link?.("nowhere", "missing");
  await expect(store.append?.("nowhere", pattern(1))).rejects.toMatchObject({ kind: "NotFound" });
  expect(await listPaths(store, "")).toEqual(["a", "nowhere", "target"]);
});

test("uploads in parts, directories and writes that may not replace know of links", async () => {
  const { inner } = await open();
  const store = virtualLinks()({ ...inner, makeDirectory: async () => {} });
  await store.link?.("a", "target");
  const refused = { kind: "AlreadyExists" };
  await expect(store.write("a", pattern(1), { ifAbsent: true })).rejects.toMatchObject(refused);
  await expect(store.multipart?.("a", { ifAbsent: true })).rejects.toMatchObject(refused);
  await expect(store.makeDirectory?.("a")).rejects.toMatchObject(refused);
  const upload = await store.multipart?.("a");
  const part = await upload?.part(1, pattern(10), { size: 10 });
  expect((await store.stat("a")).kind).toBe("link");
  await upload?.complete(part === undefined ? [] : [part]);
  expect(await listPaths(inner, "")).toEqual(["a"]);
});

test("an object that is copied or moved onto a link replaces it", async () => {
  const { inner, store } = await open();
  await store.write("a", pattern(10));
  await store.link?.("b", "target");
  await store.link?.("c", "target");
  await store.copy?.("a", "b");
  await store.move?.("a", "c");
  expect(await listPaths(inner, "")).toEqual(["b", "c"]);
});

test("a link that is moved replaces an object, and stays when that cannot go", async () => {
  const { inner, store } = await open();
  await store.link?.("a", "target");
  await store.write("b", pattern(10));
  const rule = { operation: "remove", path: /^b$/, fault: { kind: "fail", retry: "never" } } as const;
  await expect(virtualLinks()(faults([rule])(inner)).move?.("a", "b")).rejects.toThrow();
  expect(await listPaths(inner, "")).toEqual(["a.jcs-link", "b"]);
  await store.move?.("a", "b");
  expect(await listPaths(inner, "")).toEqual(["b.jcs-link"]);
  await store.move?.("b", "b");
  expect((await store.stat("b")).linkTarget).toBe("target");
});

test("what is none of jcs, or leads where the user could not name, is an error", async () => {
  const { inner, store } = await open();
  const inPlace = (text: string) => inner.write("a.jcs-link", Buffer.from(text));
  for (const text of ["", "{", "null", '{"jcs":"metadata"}', "x".repeat(20_000)]) {
    await inPlace(text);
    await expect(store.read("a"), text.slice(0, 20)).rejects.toMatchObject({ kind: "Corrupt" });
  }
  for (const target of ["b.jcs-link", "../up", "/etc/passwd"]) {
    await inPlace(JSON.stringify({ jcs: "link", target }));
    await expect(store.read("a"), target).rejects.toThrow();
  }
  await expect(store.link?.("b", "a.jcs-link")).rejects.toMatchObject({ kind: "Usage" });
  await store.remove("a");
  expect(await listPaths(inner, "")).toEqual([]);
  // Names of others that lead from nowhere are no links.
  for (const path of [".jcs-link", "folder.jcs-link/b", "c/.jcs-link"]) await inner.write(path, pattern(1));
  const shown: string[] = [];
  for await (const { path, kind } of store.list("", { delimited: true })) shown.push(`${kind} ${path}`);
  expect(shown).toEqual(["file .jcs-link", "directory c", "directory folder.jcs-link"]);
});

test("changes nothing where the service has links", async () => {
  const inner = await plainStore();
  const linking: Store = { ...inner, link: async () => {} };
  expect(virtualLinks()(linking)).toBe(linking);
});
