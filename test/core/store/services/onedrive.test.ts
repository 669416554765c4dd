import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { placeOfSpace } from "../../../../core/objects/place_of_space.ts";
import { onedrive } from "../../../../core/store/services/onedrive.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeAnswer, type FakeOnedrive, startFakeOnedrive } from "../../../servers/fake_onedrive.ts";
import { openOnedrive } from "../../../servers/open_onedrive.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const KIB = 1024;
const PART = 320 * KIB;
let fake: FakeOnedrive;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  fake = await startFakeOnedrive({ kind: "personal" });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await fake.close();
});

async function open(options: Readonly<Record<string, string>> = {}, workDirectory?: string): Promise<Store> {
  const store = await openOnedrive(fake, options, workDirectory);
  closing.push(() => store.close());
  return store;
}

const stream = (parts: number) =>
  testBody(Array.from({ length: parts }, (_, seed) => pattern(PART, seed))).stream;
const whole = (parts: number) =>
  Buffer.concat(Array.from({ length: parts }, (_, seed) => pattern(PART, seed)));
const refusal = (status: number, code: string, inner?: string): FakeAnswer => ({
  status,
  headers: { "retry-after": "3" },
  body: JSON.stringify({ error: { code, message: "Words.", innerError: { code: inner } } }),
});
/** Does something with the requests that match, from the first one on. */
const onRequest = (wanted: RegExp, act: (count: number) => FakeAnswer) => {
  let count = 0;
  fake.intercept = (line) => (wanted.test(line) ? act(++count) : undefined);
};

describe("tokens", () => {
  test("one is fetched for many requests, and another when it is refused, also within an upload", async () => {
    fake.tokens.rotates = true;
    const store = await open();
    await Promise.all([1, 2, 3].map((seed) => store.write(`a${seed}`, pattern(10, seed))));
    expect(fake.tokens.requests).toBe(1);
    onRequest(/^PUT \/up/, (count) => {
      if (count === 2) fake.tokens.tokens.clear();
      return undefined;
    });
    await store.write("b", stream(3), { size: 3 * PART });
    expect(fake.tokens.requests).toBe(1);
    expect(sameBytes(await readAll(store, "b"), whole(3))).toBe(true);
    expect(fake.tokens.requests).toBe(2);
  });

  test("go to Microsoft Graph and nowhere else", async () => {
    const store = await open();
    await store.write("a", stream(2), { size: 2 * PART });
    await store.copy?.("a", "b");
    await readAll(store, "b");
    const elsewhere = fake.requests.filter(({ line }) => / \/(up|down|monitor)\//.test(line));
    expect(elsewhere.length).toBeGreaterThan(4);
    expect(elsewhere.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test("that are refused are PermissionDenied, and no message holds one", async () => {
    const login = { ...JSON.parse(fake.login), refresh_token: "refresh-secret-wrong" };
    const store = await open({
      credential: `base64:${Buffer.from(JSON.stringify(login)).toString("base64")}`,
    });
    const error = await store.stat("a").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: "PermissionDenied",
      message: expect.stringMatching(/rclone authorize onedrive/),
    });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/refresh-secret|app-secret/);
  });
});

describe("uploads", () => {
  test("go on when answers are lost or refused, at any part, and make the object once", async () => {
    for (const at of [1, 2, 3]) {
      for (const how of ["lose", { status: 503 }, { status: 500 }] as const) {
        const store = await open();
        onRequest(/^PUT \/up/, (count) => (count === at ? how : undefined));
        expect(await store.write("a", stream(3), { size: 3 * PART })).toMatchObject({ size: 3 * PART });
        fake.intercept = () => undefined;
        expect(sameBytes(await readAll(store, "a"), whole(3))).toBe(true);
        await store.remove("a");
      }
    }
    expect(fake.openUploads()).toBe(0);
  });

  test("of a short stream are tried again, unless they must make a new object", async () => {
    const store = await open();
    const write = (ifAbsent: boolean) => {
      onRequest(/^PUT/, (count) => (count === 1 ? { status: 503 } : undefined));
      return store.write("a", testBody([pattern(10)]).stream, { ifAbsent });
    };
    await expect(write(true)).rejects.toMatchObject({ kind: "Throttled", retry: "later" });
    expect(await write(false)).toMatchObject({ size: 10 });
  });

  test("of a length that is no multiple of anything arrive whole, bytes and streams", async () => {
    const store = await open();
    for (const size of [1, PART - 1, PART, PART + 1, 3 * PART - 1, 5 * 1024 * KIB + 7]) {
      for (const body of [pattern(size), testBody([pattern(size)]).stream]) {
        await store.write("a", body, { size });
        expect(sameBytes(await readAll(store, "a"), pattern(size))).toBe(true);
      }
    }
    const wide = await open({ part_size: "10MiB" });
    for (const size of [4 * 1024 * KIB, 4 * 1024 * KIB + 1]) {
      await wide.write("a", testBody([pattern(size)]).stream);
      expect(sameBytes(await readAll(store, "a"), pattern(size))).toBe(true);
    }
  });

  test("that fail end their session and leave the old object", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    const size = 3 * PART;
    const broken = testBody([pattern(2 * PART)], { error: new Error("broken") });
    await expect(store.write("a", broken.stream, { size })).rejects.toThrow("broken");
    const controller = new AbortController();
    const hanging = testBody([pattern(2 * PART + 1)], { hang: true });
    const writing = store.write("a", hanging.stream, { size, signal: controller.signal });
    writing.catch(() => {});
    await hanging.exhausted;
    controller.abort();
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    const long = testBody([pattern(2 * PART), pattern(PART + 1)]);
    await expect(store.write("a", long.stream, { size })).rejects.toMatchObject({ kind: "ConditionFailed" });
    onRequest(/^PUT \/up/, (count) => (count === 2 ? refusal(507, "quotaLimitReached") : undefined));
    await expect(store.write("a", stream(3), { size })).rejects.toMatchObject({ kind: "NoSpace" });
    onRequest(/^PUT \/up/, (count) => (count === 2 ? { status: 404 } : undefined));
    const lost = { kind: "Unreachable", retry: "later", message: expect.stringMatching(/forgotten/) };
    await expect(store.write("a", stream(3), { size })).rejects.toMatchObject(lost);
    expect(fake.openUploads()).toBe(0);
    expect(await readAll(store, "a")).toHaveLength(10);
  });

  test("whose service never takes a part, or loses some, come to an end", async () => {
    const store = await open();
    const status = (next: number) => ({
      status: 202,
      body: JSON.stringify({ nextExpectedRanges: [`${next}-`] }),
    });
    for (const answer of [{ status: 416 }, status(0), status(PART)]) {
      onRequest(/^PUT \/up/, (count) => (count > 1 ? answer : undefined));
      const writing = store.write("a", stream(3), { size: 3 * PART });
      await expect(writing).rejects.toMatchObject({ message: expect.stringMatching(/lost bytes/) });
    }
    expect(fake.openUploads()).toBe(0);
    // One that says that it has more than it has.
    onRequest(/^PUT \/up/, (count) => (count === 2 ? status(PART + 100) : undefined));
    await store.write("a", stream(3), { size: 3 * PART });
    expect(sameBytes(await readAll(store, "a"), whole(3))).toBe(true);
  });

  test("that must make a new object do so, or find another one in the end", async () => {
    const store = await open();
    onRequest(/^PUT \/up/, (count) => {
      if (count === 3) fake.put("/space/a", Buffer.from("other"));
      return undefined;
    });
    const writing = store.write("a", stream(3), { size: 3 * PART, ifAbsent: true });
    await expect(writing).rejects.toMatchObject({ kind: "AlreadyExists", retry: "never" });
    expect(fake.openUploads()).toBe(0);
    expect(Buffer.from(await readAll(store, "a")).toString()).toBe("other");
  });

  test("of unknown length fit into one part, or are refused", async () => {
    const store = await open();
    await store.write("a", testBody([pattern(PART - 1), pattern(1)]).stream);
    expect((await store.stat("a")).size).toBe(PART);
    const body = testBody([pattern(PART), pattern(PART), pattern(1)]);
    await expect(store.write("b", body.stream)).rejects.toMatchObject({ kind: "Unsupported" });
    await body.cancelled;
    expect(fake.files()).toEqual(["/space/a"]);
  });

  test("are compared with what was stored", async () => {
    const store = await open();
    for (const size of [10, 2 * PART]) {
      fake.damagesNext = true;
      const writing = store.write("a", testBody([pattern(size)]).stream, { size });
      await expect(writing).rejects.toMatchObject({
        kind: "Corrupt",
        message: expect.stringMatching(/verify=false/),
      });
      expect(fake.files()).toEqual([]);
    }
    fake.damagesNext = true;
    await (await open({ verify: "false" })).write("a", pattern(10));
    expect(fake.files()).toEqual(["/space/a"]);
  });

  test("are checked by other checksums where the drive has no better one", async () => {
    const store = await open();
    const answer = (hashes: unknown) => ({
      status: 201,
      body: JSON.stringify({ id: "1", name: "a", size: 3, file: { hashes } }),
    });
    const sha1 = "A9993E364706816ABA3E25717850C26C9CD0D89D";
    const sha256 = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    for (const [hashes, fits] of [
      [{ sha1Hash: sha1 }, true],
      [{ sha256Hash: sha256 }, true],
      [{}, true],
      [{ sha1Hash: sha1.replace("A", "B") }, false],
      [{ sha1Hash: sha1, sha256Hash: sha256.replace("A", "B") }, false],
    ] as const) {
      onRequest(/^PUT .*content/, () => answer(hashes));
      const writing = store.write("a", Buffer.from("abc"));
      if (fits) expect(await writing).toMatchObject({ size: 3 });
      else await expect(writing).rejects.toMatchObject({ kind: "Corrupt" });
    }
  });

  test("go to no address that is none, and no message holds one", async () => {
    const store = await open();
    for (const uploadUrl of [
      undefined,
      7,
      "ftp://127.0.0.1/up/secret-word",
      "http://127.0.0.1:1/up/secret-word",
    ]) {
      onRequest(/createUploadSession/, () => ({ status: 200, body: JSON.stringify({ uploadUrl }) }));
      const error = await store.write("a", pattern(2 * PART)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: expect.stringMatching(/Unexpected|Unreachable/) });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("secret-word");
    }
  });
});

describe("reads", () => {
  test("ask anew for an address that has expired", async () => {
    const store = await open();
    await store.write("a", pattern(1000));
    onRequest(/^GET \/down/, (count) => {
      if (count === 1) fake.expireDownloads();
      return undefined;
    });
    expect(sameBytes(await readAll(store, "a", { offset: 10 }), pattern(1000).subarray(10))).toBe(true);
    onRequest(/^GET \/down/, () => ({ status: 401 }));
    await expect(store.read("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
  });

  test("take no other range for the one that was asked for", async () => {
    const store = await open();
    await store.write("a", pattern(1000));
    onRequest(/^GET \/down/, () => ({ status: 200, body: "all of it" }));
    await expect(store.read("a", { offset: 10 })).rejects.toMatchObject({ kind: "Unsupported" });
  });

  test("follow the server of bytes to another one, and not for ever", async () => {
    const server = createServer((request, answer) =>
      answer.end(request.headers.authorization ?? "elsewhere"),
    );
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const store = await open();
    await store.write("a", pattern(9));
    onRequest(/^GET \/down/, () => ({ status: 302, headers: { location } }));
    expect(Buffer.from(await readAll(store, "a")).toString()).toBe("elsewhere");
    onRequest(/^GET \/down/, () => ({ status: 302, headers: { location: "/down/round" } }));
    await expect(store.read("a")).rejects.toMatchObject({ kind: "Config" });
  });

  test("of one version give none other, also when it is replaced in between", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    const { etag = "" } = await store.stat("a");
    onRequest(/^GET \/down/, () => {
      fake.put("/space/a", Buffer.from("new"));
      return undefined;
    });
    const reading = store.read("a", { ifMatch: etag });
    await expect(reading).rejects.toMatchObject({ kind: "ConditionFailed" });
  });
});

describe("lists", () => {
  test("go on over all pages, and to no other server", async () => {
    const store = await open();
    const names = Array.from({ length: 120 }, (_, index) => `d/${index}`);
    for (const name of names)
      fake.put(`/space/${name === names[0] ? "d" : name}`, name === names[0] ? "folder" : Buffer.alloc(0));
    expect((await listPaths(store, "")).sort()).toEqual(names.slice(1).sort());
    for (const link of ["http://127.0.0.1:1/steal", "https://graph.microsoft.com/v1.0/next", 7, "//x"]) {
      onRequest(/children/, () => ({
        status: 200,
        body: JSON.stringify({ value: [], "@odata.nextLink": link }),
      }));
      await expect(listPaths(store, "")).rejects.toMatchObject({
        message: expect.stringMatching(/another server/),
      });
    }
  });

  test("leave out shortcuts and names that are no paths", async () => {
    const store = await open();
    await store.write("a:b", pattern(1));
    fake.put("/space/shortcut", "shortcut");
    fake.put("/space/‛41", Buffer.alloc(1));
    expect(await listPaths(store, "n".repeat(300))).toEqual([]);
    fake.put("/space/.jcs-00112233445566778899.tmp", Buffer.alloc(1));
    for (const delimited of [true, false]) {
      expect(await listPaths(store, "", { delimited })).toEqual(["a:b"]);
    }
    expect(fake.files()).toContain("/space/a‛3Ab");
    await expect(store.stat("shortcut")).rejects.toMatchObject({ kind: "NotFound" });
    await expect(store.read("shortcut")).rejects.toMatchObject({ kind: "NotFound" });
    await expect(store.write("shortcut/x", pattern(1))).rejects.toMatchObject({ kind: "ConditionFailed" });
  });
});

describe("changes", () => {
  test("a move replaces also where the drive does not, and is undone when it fails", async () => {
    const store = await open();
    fake.neverReplaces = true;
    await store.write("a", pattern(10, 1));
    await store.write("b", pattern(20, 2));
    onRequest(/^PATCH/, (count) => (count === 3 ? refusal(503, "serviceNotAvailable") : undefined));
    await expect(store.move?.("a", "b")).rejects.toMatchObject({ kind: "Throttled" });
    expect((await listPaths(store, "")).sort()).toEqual(["a", "b"]);
    expect(await readAll(store, "b")).toHaveLength(20);
    fake.intercept = () => undefined;
    await store.move?.("a", "b");
    expect(fake.files()).toEqual(["/space/b"]);
    expect(sameBytes(await readAll(store, "b"), pattern(10, 1))).toBe(true);
    await store.move?.("b", "B");
    expect(fake.files()).toEqual(["/space/B"]);
    await store.copy?.("B", "b");
    expect(fake.files()).toEqual(["/space/B"]);
  });

  test("a copy that fails or is cancelled leaves the target alone and no part of it", async () => {
    const store = await open();
    await store.write("a", pattern(10, 1));
    await store.write("b", pattern(20, 2));
    const status = (value: string) => ({ status: 202, body: JSON.stringify({ status: value }) });
    onRequest(/^GET \/monitor/, (count) => (count === 1 ? status("inProgress") : status("failed")));
    await expect(store.copy?.("a", "b")).rejects.toMatchObject({
      message: expect.stringMatching(/could not copy/),
    });
    onRequest(/^GET \/monitor/, (count) => (count === 1 ? { status: 503 } : undefined));
    await store.copy?.("a", "c");
    await store.remove("c");
    onRequest(/copy$/, () => ({ status: 202 }));
    await expect(store.copy?.("a", "b")).rejects.toMatchObject({ kind: "Unexpected" });
    onRequest(/^GET \/monitor/, () => status("completed"));
    await expect(store.copy?.("a", "b")).rejects.toMatchObject({ kind: "Unreachable" });
    onRequest(/^PATCH/, () => refusal(403, "accessDenied"));
    await expect(store.copy?.("a", "b")).rejects.toMatchObject({ kind: "PermissionDenied" });
    const controller = new AbortController();
    onRequest(/^GET \/monitor/, (count) => {
      if (count === 2) controller.abort();
      return status("inProgress");
    });
    const copying = store.copy?.("a", "b", { signal: controller.signal });
    await expect(copying).rejects.toMatchObject({ kind: "Cancelled" });
    expect(fake.files()).toEqual(["/space/a", "/space/b"]);
    expect(await readAll(store, "b")).toHaveLength(20);
  });

  test("a folder that gets something in this moment is not removed", async () => {
    const store = await open();
    await store.makeDirectory?.("d");
    onRequest(/^DELETE/, () => {
      fake.put("/space/d/new", Buffer.from("new"));
      return undefined;
    });
    await expect(store.remove("d")).rejects.toMatchObject({ kind: "ConditionFailed" });
    expect(fake.files()).toEqual(["/space/d/new"]);
  });
});

test.each(["personal", "business"] as const)(
  "a missing folder or drive is Unreachable, and is not made: %s",
  async (kind) => {
    await fake.close();
    fake = await startFakeOnedrive({ kind });
    for (const store of [await open({}, "/missing/"), await open({ drive: "no-such-drive" })]) {
      for (const call of [
        () => store.stat("a"),
        () => store.read("a"),
        () => store.write("a", pattern(1)),
        () => store.write("b/c", pattern(2 * PART)),
        () => store.remove("a"),
        () => store.move?.("a", "b"),
        () => store.makeDirectory?.("d"),
        () => listPaths(store, ""),
        () => listPaths(store, "x"),
      ]) {
        await expect(call()).rejects.toMatchObject({ kind: "Unreachable" });
      }
    }
    expect(fake.files()).toEqual([]);
    const named = await open({ drive: "drive-1" }, "/");
    await named.write("x/y", pattern(1));
    expect(await listPaths(named, "")).toEqual(["x/y"]);
  },
);

test("says what the service's refusals mean", async () => {
  const store = await open();
  for (const [status, code, inner, meant] of [
    [
      429,
      "activityLimitReached",
      "throttledRequest",
      { kind: "Throttled", retry: "later", retryAfterMs: 3000 },
    ],
    [403, "accessDenied", "throttledRequest", { kind: "Throttled", retry: "later" }],
    [503, "serviceNotAvailable", undefined, { kind: "Throttled", retry: "later", retryAfterMs: 3000 }],
    [509, "anything", undefined, { kind: "Throttled", retry: "later" }],
    [423, "resourceLocked", undefined, { kind: "Unreachable", retry: "later" }],
    [507, "insufficientStorage", undefined, { kind: "NoSpace" }],
    [403, "accessDenied", undefined, { kind: "PermissionDenied", retry: "never" }],
    [403, "notAllowed", "virusSuspicious", { message: expect.stringMatching(/malware/) }],
    [404, "itemNotFound", undefined, { kind: "Unreachable" }],
    [400, "invalidRequest", "pathIsTooLong", { kind: "Usage" }],
    [418, "toString", undefined, { kind: "Unexpected" }],
  ] as const) {
    onRequest(/./, () => refusal(status, code, inner));
    await expect(store.stat("a"), `${status} ${code}`).rejects.toMatchObject(meant);
  }
  onRequest(/./, () => ({ status: 200, body: "[]" }));
  await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unexpected" });
});

test("says what is wrong with a connection, and tells drives apart", async () => {
  const usage = { kind: "Usage" };
  for (const options of [
    { part_size: "1MiB" },
    { part_size: "60MiB" },
    { part_size: "0" },
    { tenant: "a/b" },
  ]) {
    await expect(open(options as Record<string, string>), JSON.stringify(options)).rejects.toMatchObject(
      usage,
    );
  }
  const connection = { service: "onedrive", name: "folder", workDirectory: "/", options: new Map() };
  await expect(onedrive.open(connection, { environment: {} })).rejects.toMatchObject(usage);
  const places = [
    "credential=file:/a",
    "credential=file:/b",
    "credential=file:/a&drive=x",
    "credential=env",
  ].map((text) => placeOfSpace(`onedrive:///folder?${text}`, { environment: {} }));
  expect(new Set(places).size).toBe(4);
  expect(placeOfSpace("onedrive:///folder?credential=env&drive=x", { environment: {} })).toBe(places[2]);
});
