import { afterEach, beforeEach, expect, test } from "vitest";
import type { Store } from "../../../../../core/store/store.ts";
import { type FakeOnedrive, startFakeOnedrive } from "../../../../servers/fake_onedrive.ts";
import { openOnedrive } from "../../../../servers/open_onedrive.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../../suites/store_bench.ts";
import { testBroughtBack } from "../../../../suites/test_brought_back.ts";

let fake: FakeOnedrive;
let store: Store;
beforeEach(async () => {
  fake = await startFakeOnedrive({ kind: "personal" });
  fake.neverReplaces = true;
  store = await openOnedrive(fake);
});
afterEach(async () => {
  await store.close();
  await fake.close();
});

test("an object that a crash has left aside is found, whatever is done first", async () => {
  await testBroughtBack(store, {
    rename: async (source, target) => fake.rename(`/space/${source}`, `/space/${target}`),
    put: async (path, bytes) => fake.put(`/space/${path}`, Buffer.from(bytes)),
    has: async (path) => fake.files().includes(`/space/${path}`),
    writesReplace: true,
  });
});

test("an outage or the end of the process in the middle of a move loses neither object", async () => {
  await store.write("a", pattern(10, 1));
  await store.write("b", pattern(20, 2));
  // From the moment on that the old one is aside.
  let isOut = false;
  fake.intercept = (line) => {
    isOut ||= line.startsWith("PATCH") && fake.files().includes("/space/.jcs-old.b");
    return isOut ? { status: 503, body: "{}" } : undefined;
  };
  await expect(store.move?.("a", "b")).rejects.toMatchObject({ kind: "Throttled" });
  expect(fake.files()).toEqual(["/space/a", "/space/.jcs-old.b"]);
  fake.intercept = () => undefined;
  expect(sameBytes(await readAll(store, "b"), pattern(20, 2))).toBe(true);
  expect((await listPaths(store, "")).sort()).toEqual(["a", "b"]);
});

test("a move that is cancelled at any step is finished or undone, and leaves nothing beside it", async () => {
  for (const step of [1, 2, 3, 4]) {
    await store.write("a", pattern(10, 1));
    await store.write("b", pattern(20, 2));
    const control = new AbortController();
    let changes = 0;
    fake.intercept = (line) => {
      if (line.startsWith("PATCH") && ++changes === step) control.abort();
      return undefined;
    };
    const moving = Promise.resolve(store.move?.("a", "b", { signal: control.signal }));
    const isNew = await moving.then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ kind: "Cancelled" });
        return false;
      },
    );
    expect(control.signal.aborted, `${step}`).toBe(true);
    expect([...fake.files()].sort(), `${step}`).toEqual(isNew ? ["/space/b"] : ["/space/a", "/space/b"]);
    expect(await readAll(store, "b"), `${step}`).toHaveLength(isNew ? 10 : 20);
  }
});
