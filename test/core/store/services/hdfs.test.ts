import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeHdfs, startFakeHdfs } from "../../../servers/fake_hdfs.ts";
import { listPaths, pattern, readAll, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function open(
  options = "user=tester",
  folder = "space",
): Promise<{ readonly fake: FakeHdfs; readonly store: Store }> {
  const fake = await startFakeHdfs();
  const text = `hdfs://127.0.0.1:${fake.port}/${folder}?retries=0&${options.replace("TOKEN", fake.token)}`;
  const store = await openStore(text, { environment: {} });
  closing.push(
    () => store.close(),
    () => fake.close(),
  );
  return { fake, store };
}

testStore("hdfs, on a fake", async () => (await open()).store, { listEntries: 250 });

describe("hdfs", () => {
  test("a delegation token opens, another is PermissionDenied, and neither is told", async () => {
    const { store } = await open("delegation=TOKEN");
    await store.write("a", pattern(10));
    expect(await readAll(store, "a")).toHaveLength(10);
    const { store: stranger } = await open("delegation=secret-token");
    const error = await stranger.stat("a").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "PermissionDenied" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("secret-token");
  });

  test("a missing directory is Unreachable and is not made", async () => {
    const { fake, store } = await open("user=tester", "missing");
    for (const call of [
      store.stat("a"),
      store.write("a", pattern(1)),
      store.remove("a"),
      listPaths(store, ""),
    ]) {
      await expect(call).rejects.toMatchObject({ kind: "Unreachable" });
    }
    expect(fake.files()).toEqual([]);
  });

  test("bytes go to the data node that was named and nowhere else", async () => {
    const { fake, store } = await open();
    await store.write("a", pattern(10));
    expect(fake.nodeRequests).toHaveLength(1);
    fake.intercept = (line) =>
      line.includes("op=OPEN") ? { status: 307, headers: { location: "ftp://127.0.0.1/a" } } : undefined;
    await expect(store.read("a")).rejects.toMatchObject({ kind: "Unexpected" });
    fake.intercept = (line) => (line.includes("op=OPEN") ? { status: 307 } : undefined);
    await expect(store.read("a")).rejects.toMatchObject({ kind: "Unexpected" });
  });

  test("a write that fails at any step leaves no temporary file", async () => {
    const { fake, store } = await open();
    const broken = testBody([pattern(100_000)], { error: new Error("broken") });
    await expect(store.write("a", broken.stream)).rejects.toThrow("broken");
    for (const op of ["RENAME", "op=GETFILESTATUS&user.name=tester", "CREATE"]) {
      await store.write("warm", pattern(1));
      fake.intercept = (line) =>
        line.includes(op) && (op !== "op=GETFILESTATUS&user.name=tester" || line.includes(".jcs-"))
          ? { status: 500 }
          : undefined;
      await expect(store.write("a", pattern(10)), op).rejects.toMatchObject({
        kind: "Unreachable",
        retry: "later",
      });
      fake.intercept = () => undefined;
    }
    expect(fake.files()).toEqual(["/space/warm"]);
  });

  test("a list removes what a crash has left long ago, and nothing else", async () => {
    const { fake, store } = await open();
    await store.write("deep/a", pattern(10));
    const old = new Date(Date.now() - 2 * 24 * 60 * 60_000);
    fake.put("/space/.jcs-0123456789abcdef0000.tmp", old);
    fake.put("/space/deep/.jcs-0123456789abcdef0001.tmp", old);
    fake.put("/space/deep/.jcs-0123456789abcdef0002.tmp", new Date());
    fake.put("/space/deep/old", old);
    expect((await listPaths(store, "")).sort()).toEqual(["deep/a", "deep/old"]);
    const left = ["/space/deep/.jcs-0123456789abcdef0002.tmp", "/space/deep/a", "/space/deep/old"];
    expect([...fake.files()].sort()).toEqual(left);
  });

  test("says what Hadoop's exceptions mean", async () => {
    const { fake, store } = await open();
    for (const [status, exception, meant] of [
      [403, "StandbyException", { kind: "Unreachable", retry: "later" }],
      [403, "SafeModeException", { kind: "Unreachable", retry: "later" }],
      [403, "AccessControlException", { kind: "PermissionDenied", retry: "never" }],
      [403, "DSQuotaExceededException", { kind: "NoSpace" }],
      [401, "AuthenticationException", { kind: "PermissionDenied" }],
    ] as const) {
      fake.intercept = () => ({
        status,
        body: JSON.stringify({ RemoteException: { exception, message: "words" } }),
      });
      await expect(store.stat("a"), exception).rejects.toMatchObject(meant);
    }
    fake.intercept = () => ({ status: 200, body: "<html>" });
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unexpected" });
  });
});
