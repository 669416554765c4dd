import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gcs } from "../../../../core/store/services/gcs.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeGcs, startFakeGcs } from "../../../servers/fake_gcs.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const KIB = 1024;
let fake: FakeGcs;
const stores: Store[] = [];

beforeEach(async () => {
  fake = await startFakeGcs();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await fake.close();
});

/** A store without layers, so that every failure shows. */
async function open(
  options: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
  bucket = fake.bucket,
): Promise<Store> {
  const all = {
    endpoint: `http:127.0.0.1:${fake.port}`,
    part_size: "256KiB",
    credential: `base64:${Buffer.from(fake.serviceAccount).toString("base64")}`,
    ...options,
  };
  const kept = Object.entries(all).filter(([, value]) => value !== "");
  const connection = { service: "gcs", name: bucket, workDirectory: "/x/", options: new Map(kept) };
  const store = await gcs.open(connection, { environment });
  stores.push(store);
  return store;
}

const stream = (parts: number) =>
  testBody(Array.from({ length: parts }, (_, seed) => pattern(256 * KIB, seed))).stream;
const whole = (parts: number) =>
  Buffer.concat(Array.from({ length: parts }, (_, seed) => pattern(256 * KIB, seed)));

test("fetches one token for many requests, and a new one when it is refused", async () => {
  const store = await open();
  await Promise.all([1, 2, 3, 4].map((seed) => store.write(`a${seed}`, pattern(10, seed))));
  expect(fake.tokensIssued()).toBe(1);
  fake.expireTokens();
  expect((await store.stat("a1")).size).toBe(10);
  expect(fake.tokensIssued()).toBe(2);
});

test("renews a token that expires within an upload", async () => {
  const store = await open();
  let parts = 0;
  fake.intercept = (line) => {
    if (line.startsWith("PUT") && ++parts === 2) fake.expireTokens();
    return undefined;
  };
  await store.write("a", stream(4));
  expect(sameBytes(await readAll(store, "a"), whole(4))).toBe(true);
});

test("takes the default credentials of a user, a file that the environment names, and a token", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jcs-gcs-"));
  try {
    const file = join(folder, "key.json");
    await writeFile(file, fake.user);
    for (const store of [
      await open({ credential: "" }, { GOOGLE_APPLICATION_CREDENTIALS: file }),
      await open({ credential: "env" }, { GOOGLE_APPLICATION_CREDENTIALS: file }),
      await open({ credential: `file:${file}` }),
    ]) {
      await store.write("a", pattern(10));
      expect(store.sign).toBeUndefined();
    }
    const store = await open({ credential: "env" }, { GOOGLE_OAUTH_ACCESS_TOKEN: "ya29.stale" });
    await expect(store.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
    const missing = { CLOUDSDK_CONFIG: join(folder, "none") };
    await expect(open({ credential: "" }, missing)).rejects.toMatchObject({ kind: "Config" });
    await expect(open({ credential: "hmac:a:b" })).rejects.toMatchObject({ kind: "Usage" });
    await writeFile(
      file,
      JSON.stringify({ ...JSON.parse(fake.user), token_uri: "http://example.com/token" }),
    );
    await expect(open({ credential: `file:${file}` })).rejects.toMatchObject({
      message: expect.stringMatching(/https/),
    });
    await writeFile(file, '{"type":"secret-type"}');
    const error = await open({ credential: `file:${file}` }).catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain("secret-type");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a refused credential is PermissionDenied, a missing bucket Unreachable, and no error holds a secret", async () => {
  const wrong = { ...JSON.parse(fake.user), client_secret: "wrong-secret-1" };
  const store = await open({ credential: `base64:${Buffer.from(JSON.stringify(wrong)).toString("base64")}` });
  const error = await store.stat("a").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "PermissionDenied", message: expect.stringMatching(/invalid_grant/) });
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/wrong-secret|refresh-1/);
  const elsewhere = await open({}, {}, "no-such-bucket");
  for (const call of [
    elsewhere.stat("a"),
    elsewhere.read("a"),
    elsewhere.write("a", pattern(1)),
    elsewhere.remove("a"),
    listPaths(elsewhere, ""),
  ]) {
    await call.then(
      () => expect.unreachable(),
      (failure: unknown) => {
        expect(failure).toMatchObject({ kind: expect.stringMatching(/Unreachable|NotFound/) });
        expect(inspect(failure, { depth: 20 })).not.toMatch(/ya29|PRIVATE KEY/);
      },
    );
  }
});

test("goes on with an upload whose answers are lost, at any part, and makes the object once", async () => {
  for (const at of [1, 2, 3]) {
    for (const how of ["lose", { status: 503 }] as const) {
      const store = await open();
      let parts = 0;
      fake.intercept = (line) => (line.startsWith("PUT") && ++parts === at ? how : undefined);
      const meta = await store.write(`${at}`, stream(3), { ifAbsent: typeof how === "string" });
      expect(meta).toMatchObject({ size: 3 * 256 * KIB });
      fake.intercept = () => undefined;
      expect(sameBytes(await readAll(store, `${at}`), whole(3))).toBe(true);
      await store.remove(`${at}`);
    }
  }
  expect(fake.openSessions()).toBe(0);
});

test("ends the session of an upload that fails, and leaves nothing", async () => {
  const store = await open();
  const body = testBody([pattern(600 * KIB)], { error: new Error("broken") });
  await expect(store.write("a", body.stream)).rejects.toThrow("broken");
  const controller = new AbortController();
  const hanging = testBody([pattern(600 * KIB)], { hang: true });
  const writing = store.write("a", hanging.stream, { signal: controller.signal });
  writing.catch(() => {});
  await hanging.exhausted;
  controller.abort();
  await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
  await store.write("b", pattern(10));
  await expect(store.write("b", stream(3), { ifAbsent: true })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  await expect(store.write("b", pattern(5), { ifAbsent: true })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  expect(fake.openSessions()).toBe(0);
  expect(fake.names()).toEqual(["x/b"]);
});

test("does not follow an upload to another server", async () => {
  const store = await open();
  fake.intercept = (line) =>
    line.includes("uploadType=resumable")
      ? { status: 200, headers: { location: "http://127.0.0.2:1/steal" } }
      : undefined;
  await expect(store.write("a", stream(3))).rejects.toMatchObject({
    message: expect.stringMatching(/another server/),
  });
});

test("an append that fails leaves no part behind, and one that comes second adds nothing", async () => {
  const store = await open();
  await store.write("a", pattern(10));
  fake.intercept = (line) => (line.includes("/compose") ? { status: 503 } : undefined);
  await expect(store.append?.("a", pattern(5))).rejects.toMatchObject({ kind: "Throttled", retry: "later" });
  fake.intercept = () => undefined;
  expect(fake.names()).toEqual(["x/a"]);
  expect((await store.stat("a")).size).toBe(10);
});

test("says what the service's refusals mean", async () => {
  const store = await open();
  const refusal = (status: number, reason: string) => ({
    status,
    headers: { "retry-after": "3" },
    body: JSON.stringify({ error: { code: status, message: "Words.", errors: [{ reason }] } }),
  });
  for (const [status, reason, meant] of [
    [403, "rateLimitExceeded", { kind: "Throttled", retry: "later", retryAfterMs: 3000 }],
    [403, "forbidden", { kind: "PermissionDenied", retry: "never" }],
    [429, "rateLimitExceeded", { kind: "Throttled", retry: "later" }],
    [500, "internalError", { kind: "Unreachable", retry: "later" }],
    [412, "conditionNotMet", { kind: "ConditionFailed" }],
    [404, "notFound", { kind: "NotFound" }],
  ] as const) {
    fake.intercept = (line) => (line.includes("/token") ? undefined : refusal(status, reason));
    await expect(store.read("a"), reason).rejects.toMatchObject(meant);
  }
  fake.intercept = (line) => (line.includes("/token") ? undefined : { status: 200, body: "<html>" });
  await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unexpected" });
});
