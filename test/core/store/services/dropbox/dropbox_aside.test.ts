import { afterEach, beforeEach, expect, test } from "vitest";
import type { Store } from "../../../../../core/store/store.ts";
import { type FakeDropbox, startFakeDropbox } from "../../../../servers/fake_dropbox.ts";
import { openDropbox } from "../../../../servers/open_dropbox.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../../suites/store_bench.ts";
import { testBroughtBack } from "../../../../suites/test_brought_back.ts";

let fake: FakeDropbox;
let store: Store;
beforeEach(async () => {
  fake = await startFakeDropbox();
  store = await openDropbox(fake);
});
afterEach(async () => {
  await store.close();
  await fake.close();
});

test("an outage in the middle of a replacement loses neither object", async () => {
  await store.write("source", pattern(100, 1));
  await store.write("target", pattern(100, 2));
  let moves = 0;
  fake.intercept = (line) => {
    if (line.startsWith("files/move_v2")) moves += 1;
    return moves > 2 ? { status: 500 } : undefined;
  };
  await expect(store.move?.("source", "target")).rejects.toMatchObject({ kind: "Unreachable" });
  expect(fake.files()).toEqual(["/x/source", "/x/.jcs-old.target"]);
  fake.intercept = () => undefined;
  expect(sameBytes(await readAll(store, "target"), pattern(100, 2))).toBe(true);
  expect((await listPaths(store, "")).sort()).toEqual(["source", "target"]);
  expect(fake.files()).toHaveLength(2);
});

test("an object that a crash has left aside is found, whatever is done first", async () => {
  await testBroughtBack(store, {
    rename: async (source, target) => fake.rename(`/x/${source}`, `/x/${target}`),
    put: async (path, bytes) => fake.put(`/x/${path}`, bytes),
    has: async (path) => fake.files().includes(`/x/${path}`),
    writesReplace: true,
  });
});

test("a replacement that is cancelled at any step is finished or undone, and leaves nothing beside it", async () => {
  for (const operation of ["copy", "move"] as const) {
    for (const count of [1, 2, 3]) {
      await store.write("source", pattern(100, 1));
      await store.write("target", pattern(100, 2));
      const control = new AbortController();
      let moves = 0;
      fake.intercept = (line) => {
        if (line.startsWith("files/move_v2") && ++moves === count) control.abort();
        return undefined;
      };
      const { signal } = control;
      const isNew = await Promise.resolve(store[operation]?.("source", "target", { signal })).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ kind: "Cancelled" });
          return false;
        },
      );
      const words = `${operation} ${count}`;
      expect(signal.aborted, words).toBe(true);
      const found = await readAll(store, "target");
      expect(sameBytes(found, pattern(100, isNew ? 1 : 2)), words).toBe(true);
      const left = operation === "move" && isNew ? ["/x/target"] : ["/x/source", "/x/target"];
      expect([...fake.files()].sort(), words).toEqual(left);
    }
  }
});
