import { describe, expect, test } from "vitest";
import { type FaultRule, faults } from "../../../../core/store/layers/faults.ts";
import { virtualMetadata } from "../../../../core/store/layers/virtual_metadata.ts";
import type { Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { plainStore } from "./plain_store.ts";

const OLD = { metadata: { version: "old" }, contentType: "text/old" };
const NEW = { metadata: { version: "new" }, contentType: "text/new" };
/** What fails does so for good, as in a crash. */
const failing = (inner: Store, rule: Pick<FaultRule, "operation" | "path">) =>
  virtualMetadata()(faults([{ ...rule, fault: { kind: "fail", retry: "never" } }])(inner));

describe.each([{ untagged: false }, { untagged: true }])("virtual metadata, %o", (kind) => {
  const open = async () => {
    const inner = await plainStore(kind);
    return { inner, store: virtualMetadata()(inner) };
  };

  test("shows what the service lacks as there, and native as it is", async () => {
    const { inner, store } = await open();
    expect([store.capabilities.userMetadata, store.capabilities.contentType]).toEqual([true, true]);
    expect([store.native.userMetadata, store.native.contentType]).toEqual([false, false]);
    await store.write("a/b", pattern(10), OLD);
    expect(await store.stat("a/b")).toMatchObject(OLD);
    expect(await listPaths(store, "")).toEqual(["a/b"]);
    expect(await listPaths(inner, "")).toEqual(["a/b", "a/b.jcs-metadata"]);
    const { metadata, jcs } = JSON.parse(Buffer.from(await readAll(inner, "a/b.jcs-metadata")).toString());
    expect([jcs, metadata]).toEqual(["metadata", OLD.metadata]);
    await store.remove("a/b");
    expect(await listPaths(inner, "")).toEqual([]);
  });

  test("a crash between bytes and metadata never gives new bytes old metadata", async () => {
    const { inner, store } = await open();
    for (const options of [NEW, {}]) {
      await store.write("a", pattern(10, 1), OLD);
      const crashing = failing(inner, { operation: "write", path: /metadata$/ });
      const broken = failing(inner, { operation: "remove", path: /metadata$/ });
      const writing = (options === NEW ? crashing : broken).write("a", pattern(10, 2), options);
      await writing.catch(() => {});
      const { metadata = {} } = await store.stat("a");
      const isNew = sameBytes(await readAll(store, "a"), pattern(10, 2));
      expect(metadata).toEqual(isNew ? {} : OLD.metadata);
    }
  });

  test("metadata that cannot be written make the write fail", async () => {
    const { inner } = await open();
    const store = failing(inner, { operation: "write", path: /metadata$/ });
    await expect(store.write("a", pattern(10), NEW)).rejects.toMatchObject({ kind: "Unreachable" });
    expect((await store.stat("a")).metadata).toBeUndefined();
    const huge = { metadata: { huge: "x".repeat(100_000) } };
    await expect(virtualMetadata()(inner).write("a", pattern(10), huge)).rejects.toMatchObject({
      kind: "Usage",
    });
  });

  test("are those of one version, whoever writes another", async () => {
    const { inner, store } = await open();
    await store.write("a", pattern(10, 1), OLD);
    await inner.write("a", pattern(11, 2));
    expect((await store.stat("a")).metadata).toBeUndefined();
    await store.write("a", pattern(10, 3), NEW);
    expect(await store.stat("a")).toMatchObject(NEW);
  });

  test("go along with copy, move, append and a change in the middle", async () => {
    const { inner, store } = await open();
    await store.write("a", pattern(10), OLD);
    await store.write("b", pattern(20), NEW);
    await store.copy?.("a", "b");
    expect(await store.stat("b")).toMatchObject(OLD);
    await store.move?.("b", "c");
    expect(await store.stat("c")).toMatchObject(OLD);
    await store.append?.("c", pattern(5));
    await store.writeAt?.("c", 2, pattern(1, 9));
    expect(await store.stat("c")).toMatchObject({ ...OLD, size: 15 });
    await store.append?.("c", pattern(5), { metadata: NEW.metadata });
    expect(await store.stat("c")).toMatchObject({ metadata: NEW.metadata, contentType: OLD.contentType });
    await store.write("plain", pattern(3));
    await store.copy?.("plain", "c");
    expect((await store.stat("c")).metadata).toBeUndefined();
    expect(await listPaths(inner, "")).toEqual(["a", "a.jcs-metadata", "c", "plain"]);
  });

  test("a move that breaks off never gives the target the metadata of another", async () => {
    const { inner, store } = await open();
    await store.write("a", pattern(10, 1), OLD);
    await store.write("b", pattern(10, 2), NEW);
    const broken = failing(inner, { operation: "write", path: /b\.jcs-metadata$/ });
    await expect(broken.move?.("a", "b")).rejects.toThrow();
    expect(sameBytes(await readAll(store, "b"), pattern(10, 1))).toBe(true);
    expect((await store.stat("b")).metadata).not.toEqual(NEW.metadata);
  });

  test("a write that may not replace leaves the old ones alone", async () => {
    const { inner, store } = await open();
    await store.write("a", pattern(10), OLD);
    const fresh = virtualMetadata()(inner);
    await expect(fresh.write("a", pattern(10), { ...NEW, ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    expect(await store.stat("a")).toMatchObject(OLD);
  });

  test("their names are refused in every place, and bodies that come with them let go", async () => {
    const { store } = await open();
    for (const path of ["a.jcs-metadata", "a.jcs-metadata/b", ".jcs-metadata"]) {
      const body = testBody([pattern(10)]);
      await expect(store.write(path, body.stream)).rejects.toMatchObject({ kind: "Usage" });
      await body.cancelled;
      await expect(store.stat(path)).rejects.toMatchObject({ kind: "Usage" });
      await expect(store.copy?.("a", path)).rejects.toMatchObject({ kind: "Usage" });
      await expect(listPaths(store, path)).rejects.toMatchObject({ kind: "Usage" });
    }
  });

  test("what is none of jcs in their place is said, and does not stop a remove", async () => {
    const { inner, store } = await open();
    await store.write("a", pattern(10), OLD);
    await inner.write("a.jcs-metadata", Buffer.from("something else"));
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Corrupt" });
    await store.remove("a");
    expect(await listPaths(inner, "")).toEqual([]);
  });
});

test("changes nothing where the service keeps metadata", async () => {
  const inner = await plainStore();
  const keeping = { ...inner, capabilities: { ...inner.capabilities, userMetadata: true } };
  expect(virtualMetadata()(keeping)).toBe(keeping);
});

test("are refused where the service tells nothing of versions", async () => {
  const inner = await plainStore({ untagged: true });
  const mute: Store = { ...inner, stat: async (path) => ({ path, kind: "file" }) };
  await expect(virtualMetadata()(mute).write("a", pattern(1), NEW)).rejects.toMatchObject({
    kind: "Unsupported",
  });
});
