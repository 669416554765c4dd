import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeIpfs, startFakeIpfs } from "../../../servers/fake_ipfs.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function open(
  options = "",
  folder = "space",
): Promise<{ readonly fake: FakeIpfs; readonly store: Store }> {
  const fake = await startFakeIpfs();
  const text = `ipfs:///${folder}?endpoint=http:127.0.0.1:${fake.port}&retries=0${options}`;
  const store = await openStore(text, { environment: {} });
  closing.push(
    () => store.close(),
    () => fake.close(),
  );
  return { fake, store };
}

testStore("ipfs, on a fake", async () => (await open()).store, { listEntries: 250 });

describe("ipfs", () => {
  test("shows who asks, and hides it", async () => {
    const { fake, store } = await open("&credential=apikey:secret-token");
    fake.authorization = "Bearer secret-token";
    await store.write("a", pattern(10));
    expect(await readAll(store, "a")).toHaveLength(10);
    fake.authorization = "Bearer another";
    const error = await store.stat("a").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "PermissionDenied" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("secret-token");
  });

  test("a missing folder is Unreachable, names the way out, and is not made", async () => {
    const { fake, store } = await open("", "missing");
    for (const call of [
      () => store.stat("a"),
      () => store.read("a"),
      () => store.write("a", pattern(1)),
      () => store.remove("a"),
      () => listPaths(store, ""),
      () => store.makeDirectory?.("a"),
    ]) {
      await expect(call()).rejects.toMatchObject({
        kind: "Unreachable",
        message: expect.stringContaining("ipfs files mkdir -p /missing"),
      });
    }
    expect(() => fake.files.stat("/missing")).toThrow();
  });

  test("refuses connection strings that could mean something else", async () => {
    for (const text of ["ipfs://host/folder", "ipfs://", "ipfs:///", "ipfs:///ipfs/folder"]) {
      await expect(openStore(text, { environment: {} }), text).rejects.toMatchObject({ kind: "Usage" });
    }
  });

  test("an error after the head of the answer is an error of the stream, in the node's words", async () => {
    const { fake, store } = await open();
    await store.write("a", pattern(100_000));
    fake.breaksAfterBytes = 40_000;
    await expect(readAll(store, "a")).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
      message: expect.stringContaining("block was not found"),
    });
  });

  test("a read gives all of one version, also when the object is replaced or removed within it", async () => {
    const { store } = await open();
    const old = pattern(3_000_000, 1);
    await store.write("a", old);
    const stream = (await store.read("a"))[Symbol.asyncIterator]();
    const first = await stream.next();
    await store.write("a", pattern(3_000_000, 2));
    const chunks = [first.value];
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      chunks.push(next.value);
    expect(sameBytes(Buffer.concat(chunks), old)).toBe(true);
  });

  test("content that was collected before it got its name is an error, and the old object stays", async () => {
    const { fake, store } = await open();
    await store.write("a", pattern(10, 1));
    fake.intercept = (line) => {
      if (line.includes("files/cp")) expect(fake.collectGarbage()).toBeGreaterThan(0);
      return undefined;
    };
    await expect(store.write("a", pattern(10, 2))).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
    expect(sameBytes(await readAll(store, "a"), pattern(10, 1))).toBe(true);
    expect(fake.paths()).toEqual(["/space/a"]);
  });

  test("a stream is not sent again when only its naming failed, and a lost answer does not hide its own object", async () => {
    const { fake, store } = await open();
    for (const how of ["lose", { status: 503 }] as const) {
      for (const ifAbsent of [false, true]) {
        let names = 0;
        fake.intercept = (line) => (line.includes("files/cp") && ++names === 1 ? how : undefined);
        const meta = await store.write("a", testBody([pattern(1000)]).stream, { ifAbsent });
        expect(meta).toMatchObject({ size: 1000 });
        expect(names).toBe(2);
        expect(await readAll(store, "a")).toHaveLength(1000);
        fake.intercept = () => undefined;
        await store.remove("a");
      }
    }
  });

  test("a node that does not replace is Unsupported and named, and the old object stays", async () => {
    const { fake, store } = await open();
    await store.write("a", pattern(10, 1));
    const body = JSON.stringify({
      Message: "directory already has entry by that name",
      Code: 0,
      Type: "error",
    });
    fake.intercept = (line) => (line.includes("files/cp") ? { status: 500, body } : undefined);
    await expect(store.write("a", pattern(10, 2))).rejects.toMatchObject({
      kind: "Unsupported",
      message: expect.stringContaining("0.36"),
    });
    expect(sameBytes(await readAll(store, "a"), pattern(10, 1))).toBe(true);
  });

  test("changes the node's files one after the other", async () => {
    const { fake, store } = await open();
    let underWay = 0;
    let most = 0;
    await Promise.all([1, 2, 3].map((seed) => store.write(`${seed}`, pattern(10, seed))));
    fake.onReplace = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    };
    await Promise.all([1, 2, 3].map((seed) => store.write(`${seed}`, pattern(20, seed))));
    expect(most).toBe(1);
    expect((await listPaths(store, "")).sort()).toEqual(["1", "2", "3"]);
  });

  test("says what the node's refusals mean", async () => {
    const { fake, store } = await open();
    await store.write("a", pattern(10));
    for (const [words, meant] of [
      ["open /data: no space left on device", { kind: "NoSpace", retry: "never" }],
      ["context deadline exceeded", { kind: "Unreachable", retry: "later" }],
      [
        "something else",
        { kind: "Unreachable", retry: "later", message: expect.stringContaining("something else") },
      ],
    ] as const) {
      fake.intercept = () => ({
        status: 500,
        body: JSON.stringify({ Message: words, Code: 0, Type: "error" }),
      });
      await expect(store.stat("a"), words).rejects.toMatchObject(meant);
    }
    fake.intercept = () => ({ status: 404, body: "404 page not found" });
    await expect(store.stat("a")).rejects.toMatchObject({
      kind: "Config",
      message: expect.stringMatching(/RPC API/),
    });
    fake.intercept = () => ({ status: 200, body: "<html>" });
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unexpected" });
    fake.intercept = () => ({ status: 200, body: '{"Hash":"a/../b","Size":1,"Type":"file"}' });
    await expect(store.read("a")).rejects.toMatchObject({ kind: "Unexpected" });
    fake.intercept = (line) => (line.includes("/add") ? { status: 200, body: "" } : undefined);
    await expect(store.write("b", pattern(10))).rejects.toMatchObject({ kind: "Unexpected" });
  });
});
