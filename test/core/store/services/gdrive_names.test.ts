import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gdrive } from "../../../../core/store/services/gdrive.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeGdrive, startFakeGdrive } from "../../../servers/fake_gdrive.ts";
import { deleteItem, type Item, SHORTCUT } from "../../../servers/fake_gdrive_tree.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

let fake: FakeGdrive;
let folder: Item;
const stores: Store[] = [];

beforeEach(async () => {
  fake = await startFakeGdrive();
  folder = fake.put("x");
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await fake.close();
});

/** Another process, as it were: a store without layers that remembers nothing. */
async function open(options: Readonly<Record<string, string>> = {}): Promise<Store> {
  const all = { endpoint: `http:127.0.0.1:${fake.port}`, credential: `apikey:${fake.token}`, ...options };
  const connection = {
    service: "gdrive",
    name: "",
    workDirectory: "/x/",
    options: new Map(Object.entries(all)),
  };
  const store = await gdrive.open(connection, { environment: {} });
  stores.push(store);
  return store;
}

/** Files with bytes that other programs have put into a folder, each a moment after the one before. */
async function putAll(name: string, sizes: readonly number[], parent = folder.id): Promise<Item[]> {
  const items: Item[] = [];
  for (const size of sizes) {
    items.push(fake.put(name, { parent, bytes: pattern(size) }));
    const made = Date.now();
    while (Date.now() === made) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return items;
}

/** Does `work` once, when the first request whose line matches has been done. */
function onceDone(line: RegExp, work: () => void): void {
  fake.done = (done) => {
    if (!line.test(done)) return;
    fake.done = () => {};
    work();
  };
}

describe("gdrive with several files of one name", () => {
  test("the newest is the object, the others are shadowed, and a write replaces the newest in place", async () => {
    const [, second, third] = await putAll("a", [10, 20, 30]);
    await putAll("A", [40]);
    if (second !== undefined) second.modifiedTime = new Date(Date.now() + 60_000).toISOString();
    const store = await open();
    expect((await store.stat("a")).size).toBe(30);
    expect(await readAll(store, "a")).toHaveLength(30);
    const listed: unknown[] = [];
    for await (const { path, size } of store.list("")) listed.push([path, size]);
    expect(listed.sort()).toEqual([
      ["A", 40],
      ["a", 30],
    ]);
    await store.write("a", pattern(50));
    expect(third?.revisions.at(-1)?.bytes).toHaveLength(50);
    expect(fake.paths()).toEqual(["x/", "x/A", "x/a", "x/a", "x/a"]);
  });

  test("a remove takes all of them away, the older ones always to the trash", async () => {
    for (const use_trash of ["true", "false"]) {
      const [first, second] = await putAll("a", [10, 20]);
      const store = await open({ use_trash });
      await store.remove("a");
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
      expect(fake.paths()).toEqual(["x/"]);
      expect(fake.tree.items.get(first?.id ?? "")?.explicitlyTrashed).toBe(true);
      expect(fake.tree.items.has(second?.id ?? "")).toBe(use_trash === "true");
    }
  });

  test("a remove that fails leaves the object", async () => {
    await putAll("a", [10, 20]);
    const store = await open();
    let changes = 0;
    fake.intercept = (line) => (line.startsWith("PATCH") && ++changes === 2 ? { status: 503 } : undefined);
    await expect(store.remove("a")).rejects.toMatchObject({ retry: "later" });
    fake.intercept = () => undefined;
    expect((await store.stat("a")).size).toBe(20);
    await store.remove("a");
    expect(fake.paths()).toEqual(["x/"]);
  });

  test("a move takes the object, and what it hides goes to the trash", async () => {
    await putAll("target", [1, 2]);
    await putAll("source", [10, 20]);
    await putAll("target", [3]);
    const store = await open();
    await store.move?.("source", "target");
    expect(await readAll(store, "target")).toHaveLength(20);
    await expect(store.stat("source")).rejects.toMatchObject({ kind: "NotFound" });
    expect(fake.paths()).toEqual(["x/", "x/target"]);
    expect(fake.trash().sort()).toEqual(["source", "target", "target", "target"]);
  });

  test("a move that fails leaves source and target", async () => {
    await putAll("source", [10]);
    await putAll("target", [3]);
    const store = await open();
    let changes = 0;
    // The first one moves the target out of the way.
    fake.intercept = (line) => (line.startsWith("PATCH") && ++changes === 2 ? { status: 403 } : undefined);
    await expect(store.move?.("source", "target")).rejects.toMatchObject({ kind: "PermissionDenied" });
    expect(changes).toBe(3);
    expect(fake.paths()).toEqual(["x/", "x/source", "x/target"]);
    expect(await readAll(await open(), "target")).toHaveLength(3);
  });

  test("folders of one name are one", async () => {
    const one = fake.put("d", { parent: folder.id });
    const two = fake.put("d", { parent: folder.id });
    fake.put("a", { parent: one.id, bytes: pattern(1) });
    fake.put("b", { parent: two.id, bytes: pattern(2) });
    const deep = fake.put("e", { parent: two.id });
    fake.put("c", { parent: deep.id, bytes: pattern(3) });
    const store = await open();
    expect((await listPaths(store, "")).sort()).toEqual(["d/a", "d/b", "d/e/c"]);
    expect(await listPaths(store, "", { delimited: true })).toEqual(["d"]);
    expect((await listPaths(store, "d", { delimited: true })).sort()).toEqual(["d/a", "d/b", "d/e"]);
    for (const [path, size] of [
      ["d/a", 1],
      ["d/b", 2],
      ["d/e/c", 3],
    ] as const) {
      expect((await store.stat(path)).size).toBe(size);
    }
    await store.write("d/b", pattern(20));
    expect(fake.paths().filter((path) => path === "x/d/b")).toHaveLength(1);
    await expect(store.remove("d")).rejects.toMatchObject({ kind: "ConditionFailed" });
    for (const path of ["d/a", "d/b", "d/e/c", "d/e", "d"]) await store.remove(path);
    expect(fake.paths()).toEqual(["x/"]);
  });
});

describe("gdrive with several writers", () => {
  test("who makes a file of a name that another makes at the same time settles it with them", async () => {
    for (const isFirst of [true, false]) {
      const [one, two] = [await open(), await open()];
      // The other writes between the look and the upload of this one, or after its upload.
      let other: Promise<unknown> = Promise.resolve();
      onceDone(isFirst ? /generateIds/ : /uploadType=multipart/, () => {
        other = two.write("a", pattern(20, 2));
      });
      await one.write("a", pattern(10, 1));
      await other;
      const [left, right] = [await readAll(one, "a"), await readAll(two, "a")];
      expect(sameBytes(left, right)).toBe(true);
      expect(fake.paths()).toEqual(["x/", "x/a"]);
      await one.remove("a");
    }
  });

  test("a replaced file that a newer one has overtaken is put before it", async () => {
    const store = await open();
    await store.write("a", pattern(10), { metadata: { colour: "blue" } });
    const other = { made: undefined as Item | undefined };
    onceDone(/^PATCH .*uploadType=multipart/, () => {
      other.made = fake.put("a", { parent: folder.id, bytes: pattern(20) });
    });
    await store.write("a", pattern(30), { metadata: { colour: "red" } });
    for (const reader of [store, await open()]) {
      expect(await readAll(reader, "a")).toHaveLength(30);
      expect((await reader.stat("a")).metadata).toEqual({ colour: "red" });
    }
    expect(fake.paths()).toEqual(["x/", "x/a"]);
    expect(other.made?.explicitlyTrashed).toBe(true);
  });

  test("a new file whose neighbours cannot be seen is written all the same, a replacement is not promised", async () => {
    const store = await open();
    const unseen = (line: string) => (/orderBy=createdTime/.test(line) ? { status: 503 } : undefined);
    onceDone(/^POST .*uploadType/, () => {
      fake.intercept = unseen;
    });
    await store.write("a", pattern(10));
    fake.intercept = () => undefined;
    expect(await readAll(await open(), "a")).toHaveLength(10);
    fake.intercept = unseen;
    const failed = { kind: "Throttled" };
    await expect(store.write("a", pattern(20))).rejects.toMatchObject(failed);
  });

  test("a file that is removed while it is replaced is there again", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    onceDone(/q=.*name/, () => {
      for (const item of fake.tree.items.values()) if (item.name === "a") item.explicitlyTrashed = true;
    });
    await store.write("a", pattern(30));
    expect(await readAll(await open(), "a")).toHaveLength(30);
    expect(fake.paths()).toEqual(["x/", "x/a"]);
  });

  test("a file that this process removes while it replaces it is there again", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    let removing: Promise<unknown> = Promise.resolve();
    fake.intercept = (line) => {
      if (/^PATCH .*uploadType/.test(line)) removing = store.remove("a");
      return undefined;
    };
    await store.write("a", pattern(30));
    await removing;
    const paths = fake.paths();
    expect((await listPaths(store, "")).map((path) => `x/${path}`)).toEqual(paths.slice(1));
    if (paths.includes("x/a")) expect(await readAll(store, "a")).toHaveLength(30);
    else await expect(store.stat("a")).rejects.toMatchObject({ kind: "NotFound" });
  });

  test("a folder that is gone for good is looked up again", async () => {
    const store = await open();
    await store.write("d/e/a", pattern(10));
    const [d] = [...fake.tree.items.values()].filter(({ name }) => name === "d");
    deleteItem(fake.tree, d?.id ?? "");
    await expect(listPaths(store, "d/e")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    await expect(listPaths(store, "d")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    expect(await listPaths(store, "d/e")).toEqual([]);
    await expect(store.read("d/e/a")).rejects.toMatchObject({ kind: "NotFound" });
    await store.write("d/e/a", pattern(20));
    expect(await readAll(store, "d/e/a")).toHaveLength(20);
  });

  test("a directory into which somebody writes while it is removed stays", async () => {
    for (const use_trash of ["true", "false"]) {
      const store = await open({ use_trash });
      await store.makeDirectory?.("d");
      const made = [...fake.tree.items.values()].find(
        ({ name, explicitlyTrashed }) => name === "d" && !explicitlyTrashed,
      );
      onceDone(/^PATCH/, () => void fake.put("late", { parent: made?.id ?? "", bytes: pattern(5) }));
      await expect(store.remove("d")).rejects.toMatchObject({ kind: "ConditionFailed" });
      expect(fake.paths()).toEqual(["x/", "x/d/", "x/d/late"]);
      await (await open()).remove("d/late");
      await store.remove("d");
      expect(fake.paths()).toEqual(["x/"]);
      // To delete it would delete what is in the trash.
      expect(fake.trash()).toContain("late");
    }
  });
});

describe("gdrive while searches lag behind", () => {
  test("a process finds what it has written, replaced, moved and removed", async () => {
    const store = await open();
    await store.write("old", pattern(10));
    fake.lagBehind();
    await store.write("d/a", pattern(10, 1));
    await store.write("d/a", pattern(20, 2));
    await store.write("old", pattern(30, 3));
    await store.write("d/b", pattern(5));
    expect(fake.paths()).toEqual(["x/", "x/d/", "x/d/a", "x/d/b", "x/old"]);
    expect(fake.trash()).toEqual([]);
    expect(sameBytes(await readAll(store, "d/a"), pattern(20, 2))).toBe(true);
    expect((await store.stat("old")).size).toBe(30);
    await store.move?.("d/a", "d/c");
    await store.copy?.("d/c", "copy");
    expect((await store.stat("d/c")).size).toBe(20);
    await expect(store.stat("d/a")).rejects.toMatchObject({ kind: "NotFound" });
    await store.remove("old");
    for (const call of [store.stat("old"), store.read("old")]) {
      await expect(call).rejects.toMatchObject({ kind: "NotFound" });
    }
    expect((await listPaths(store, "")).sort()).toEqual(["copy", "d/b", "d/c"]);
    await store.write("old", pattern(7));
    expect((await store.stat("old")).size).toBe(7);
  });

  test("another process finds what is new, replaces it, and makes no second folder", async () => {
    fake.lagBehind();
    await (await open()).write("d/a", pattern(10));
    const other = await open();
    expect(await readAll(other, "d/a")).toHaveLength(10);
    await (await open()).write("d/a", pattern(20));
    await (await open()).write("d/b", pattern(5));
    expect(fake.paths()).toEqual(["x/", "x/d/", "x/d/a", "x/d/b"]);
    await (await open()).remove("d/b");
    await expect((await open()).remove("d")).rejects.toMatchObject({ kind: "ConditionFailed" });
    expect(await listPaths(await open(), "")).toEqual(["d/a"]);
  });
});

describe("gdrive with what jcs does not make", () => {
  test("shortcuts are links: read, copied and replaced, and their targets stay", async () => {
    const target = fake.put("target", { bytes: pattern(100) });
    fake.put("link", { parent: folder.id, mimeType: SHORTCUT, targetId: target.id });
    fake.put("broken", { parent: folder.id, mimeType: SHORTCUT, targetId: "1nowhere" });
    fake.put("folder", { parent: folder.id, mimeType: SHORTCUT, targetId: folder.id });
    const store = await open();
    expect((await store.stat("link")).kind).toBe("link");
    expect(await readAll(store, "link", { offset: 90 })).toHaveLength(10);
    await store.copy?.("link", "copy");
    expect(await store.stat("copy")).toMatchObject({ kind: "file", size: 100 });
    for (const path of ["broken", "folder"]) {
      await expect(store.read(path)).rejects.toMatchObject({ kind: "NotFound" });
    }
    expect((await listPaths(store, "")).sort()).toEqual(["broken", "copy", "folder", "link"]);
    await store.write("link", pattern(5));
    expect(await store.stat("link")).toMatchObject({ kind: "file", size: 5 });
    await store.move?.("folder", "moved");
    expect((await store.stat("moved")).kind).toBe("link");
    await store.remove("broken");
    expect(fake.paths()).toEqual(["target", "x/", "x/copy", "x/link", "x/moved"]);
    expect(target.revisions).toHaveLength(1);
  });

  test("documents are left out and left alone", async () => {
    const inner = fake.put("d", { parent: folder.id });
    for (const parent of [folder.id, inner.id]) {
      fake.put("doc", { parent, mimeType: "application/vnd.google-apps.document" });
    }
    const store = await open();
    expect(await listPaths(store, "")).toEqual([]);
    await expect(store.stat("doc")).rejects.toMatchObject({ kind: "NotFound" });
    await store.write("doc", pattern(5));
    expect(await readAll(store, "doc")).toHaveLength(5);
    await store.remove("doc");
    await expect(store.remove("d")).rejects.toMatchObject({ kind: "ConditionFailed" });
    expect(fake.paths()).toEqual(["x/", "x/d/", "x/d/doc", "x/doc"]);
  });

  test("names that no path can hold show encoded and work in every operation", async () => {
    fake.put("a/b\\c", { parent: folder.id, bytes: pattern(5) });
    fake.put("x‛2Fy", { parent: folder.id, bytes: pattern(5) });
    const odd = fake.put("..", { parent: folder.id });
    fake.put("in", { parent: odd.id, bytes: pattern(6) });
    const store = await open();
    expect((await listPaths(store, "")).sort()).toEqual(["a‛2Fb‛5Cc", "‛2E‛2E/in"]);
    expect((await store.stat("‛2E‛2E/in")).size).toBe(6);
    await store.write("a‛2Fb‛5Cc", testBody([pattern(7)]).stream);
    await store.move?.("a‛2Fb‛5Cc", "‛2E‛2E/it's");
    expect(fake.paths()).toEqual(["x/", "x/../", "x/../in", "x/../it's", "x/x‛2Fy"]);
  });
});
