import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gdrive } from "../../../../core/store/services/gdrive.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type FakeGdrive, startFakeGdrive } from "../../../servers/fake_gdrive.ts";
import { deleteItem, type Item } from "../../../servers/fake_gdrive_tree.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const KIB = 1024;
let fake: FakeGdrive;
const stores: Store[] = [];

beforeEach(async () => {
  fake = await startFakeGdrive();
  fake.put("x");
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await fake.close();
});

/** A store without layers, so that every failure shows. */
async function open(
  options: Readonly<Record<string, string>> = {},
  { name = "", workDirectory = "/x/", environment = {} as Readonly<Record<string, string>> } = {},
): Promise<Store> {
  const all = {
    endpoint: `http:127.0.0.1:${fake.port}`,
    part_size: "256KiB",
    credential: `apikey:${fake.token}`,
    ...options,
  };
  const kept = Object.entries(all).filter(([, value]) => value !== "");
  const store = await gdrive.open(
    { service: "gdrive", name, workDirectory, options: new Map(kept) },
    { environment },
  );
  stores.push(store);
  return store;
}

const base64 = (text: string) => `base64:${Buffer.from(text).toString("base64")}`;
const stream = (parts: number) =>
  testBody(Array.from({ length: parts }, (_, seed) => pattern(256 * KIB, seed))).stream;
const whole = (parts: number) =>
  Buffer.concat(Array.from({ length: parts }, (_, seed) => pattern(256 * KIB, seed)));
/** The file of this name that is not in the trash. */
function itemOf(name: string): Item {
  const item = [...fake.tree.items.values()].find((one) => one.name === name && !one.explicitlyTrashed);
  if (item === undefined) throw new Error(`no ${name}`);
  return item;
}
/** Answers the requests whose line matches, the `at`-th of them, with `how`. */
const interceptAt = (pattern: RegExp, at: number, how: ReturnType<FakeGdrive["intercept"]>) => {
  let seen = 0;
  fake.intercept = (line) => (pattern.test(line) && ++seen === at ? how : undefined);
};

describe("gdrive credentials", () => {
  test("a service account asks for Drive, for itself or for another user", async () => {
    for (const impersonate of ["", "user@example.com"]) {
      const store = await open({ credential: base64(fake.serviceAccount), impersonate });
      await store.write("a", pattern(10));
      expect(fake.claims()).toMatchObject({ scope: "https://www.googleapis.com/auth/drive" });
      expect(fake.claims()?.["sub"]).toBe(impersonate === "" ? undefined : impersonate);
    }
    await expect(open({ impersonate: "user@example.com" })).rejects.toMatchObject({ kind: "Usage" });
  });

  test("a login in a file is renewed in it, and goes on within an upload", async () => {
    const folder = await mkdtemp(join(tmpdir(), "jcs-gdrive-"));
    try {
      const file = join(folder, "token.json");
      const login = { access_token: fake.token, refresh_token: "refresh-1", client_id: "client-1", extra: 1 };
      await writeFile(
        file,
        JSON.stringify({ ...login, expiry: new Date(Date.now() + 3_600_000).toISOString() }),
      );
      const store = await open({
        credential: `file:${file}`,
        client_secret: "client-secret-1",
        client_id: "client-1",
        token_url: `http://127.0.0.1:${fake.port}/token`,
      });
      fake.done = (line) => {
        if (line.startsWith("PUT")) fake.expireTokens();
        fake.done = () => {};
      };
      await store.write("a", stream(4));
      fake.expireTokens();
      expect(sameBytes(await readAll(store, "a"), whole(4))).toBe(true);
      const kept = JSON.parse(await readFile(file, "utf8"));
      expect(kept).toMatchObject({ refresh_token: "refresh-1", extra: 1 });
      expect(kept.access_token).not.toBe(fake.token);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("keys of users and tokens of the environment serve, others do not", async () => {
    for (const [credential, environment] of [
      [base64(fake.user), {}],
      ["env", { JCS_GDRIVE_TOKEN: fake.token }],
      ["", { JCS_GDRIVE_TOKEN: JSON.stringify({ access_token: fake.token }) }],
      ["", { GOOGLE_OAUTH_ACCESS_TOKEN: fake.token }],
    ] as const) {
      await (await open({ credential }, { environment })).write("a", pattern(10));
    }
    await expect(open({ credential: "hmac:a:b" })).rejects.toMatchObject({ kind: "Usage" });
    await expect(open({ credential: "file:/nowhere/token" })).rejects.toMatchObject({ kind: "Config" });
    await expect(
      open({ credential: "" }, { environment: { CLOUDSDK_CONFIG: "/nowhere" } }),
    ).rejects.toMatchObject({
      kind: "Config",
      message: expect.stringContaining("add credential=file:/PATH"),
    });
    const stale = await open({ credential: "apikey:ya29.stale-secret" });
    const error = await stale.stat("a").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "PermissionDenied" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("stale-secret");
  });
});

describe("gdrive places", () => {
  test("a folder or drive that is missing, in the trash or no folder is Unreachable and is not made", async () => {
    fake.put("gone").explicitlyTrashed = true;
    const file = fake.put("file", { bytes: pattern(1) });
    for (const store of [
      await open({}, { workDirectory: "/missing/deep/" }),
      await open({}, { workDirectory: "/gone/" }),
      await open({}, { workDirectory: "/file/" }),
      await open({}, { name: "0Bno-such-drive" }),
      await open({ root_folder_id: file.id }, { workDirectory: "/" }),
    ]) {
      for (const call of [
        () => store.stat("a"),
        () => store.read("a"),
        () => store.write("a", pattern(1)),
        () => store.remove("a"),
        () => listPaths(store, ""),
        () => store.makeDirectory?.("a"),
      ]) {
        await expect(call()).rejects.toMatchObject({ kind: "Unreachable", retry: "never" });
      }
    }
    expect(fake.paths()).toEqual(["file", "x/"]);
  });

  test("shared drives are found by name, by option, and by a folder in them", async () => {
    const { sharedDriveId } = fake;
    const inside = fake.put("y", { parent: sharedDriveId });
    for (const store of [
      await open({}, { name: sharedDriveId, workDirectory: "/y/" }),
      await open({ drive: sharedDriveId }, { workDirectory: "/y/" }),
      await open({ root_folder_id: inside.id }, { workDirectory: "/" }),
    ]) {
      await store.write("a/b", pattern(10));
      expect(await listPaths(store, "")).toEqual(["a/b"]);
      expect(await readAll(store, "a/b")).toHaveLength(10);
    }
    expect(fake.paths()).toEqual(["x/", "y/", "y/a/", "y/a/b"]);
    await expect(open({ drive: "0Bother" }, { name: sharedDriveId })).rejects.toMatchObject({
      kind: "Usage",
    });
    await expect(open({ root_folder_id: "a'b" })).rejects.toMatchObject({ kind: "Usage" });
  });

  test("folders that others move or remove are noticed, and nothing is lost in them", async () => {
    const store = await open();
    await store.write("a/b", pattern(10));
    const folder = itemOf("a");
    folder.explicitlyTrashed = true;
    const writing = store.write("a/c", pattern(10));
    await expect(writing).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
    await store.write("a/c", pattern(10));
    expect(fake.paths()).toEqual(["x/", "x/a/", "x/a/c"]);
    await expect(store.stat("a/b")).rejects.toMatchObject({ kind: "NotFound" });
    deleteItem(fake.tree, itemOf("a").id);
    await expect(store.stat("a/c")).rejects.toMatchObject({ kind: "NotFound" });
    await store.write("a/d", pattern(10));
    expect(await listPaths(store, "")).toEqual(["a/d"]);
  });
});

describe("gdrive uploads", () => {
  test("goes on with an upload whose answers are lost, at any request, and makes the object once", async () => {
    const store = await open();
    for (const how of ["lose", { status: 503 }] as const) {
      for (const [request, ats] of [
        [/^PUT/, [1, 2, 3]],
        [/^POST .*(uploadType=resumable|\/files\?fields=id&)/, [1, 2]],
      ] as const) {
        for (const at of ats) {
          interceptAt(request, at, how);
          expect(await store.write(`deep${at}/a`, stream(3))).toMatchObject({ size: 3 * 256 * KIB });
          fake.intercept = () => undefined;
          expect(sameBytes(await readAll(store, `deep${at}/a`), whole(3))).toBe(true);
          expect(await listPaths(store, "")).toEqual([`deep${at}/a`]);
          await store.remove(`deep${at}/a`);
          await store.remove(`deep${at}`);
        }
      }
      interceptAt(/uploadType=multipart/, 1, how);
      await store.write("small", testBody([pattern(100)]).stream);
      expect(fake.paths()).toEqual(["x/", "x/small"]);
      await store.remove("small");
    }
  });

  test("leaves nothing of an upload that fails, and ends its session", async () => {
    const store = await open();
    await expect(
      store.write("a", testBody([pattern(600 * KIB)], { error: new Error("broken") }).stream),
    ).rejects.toThrow("broken");
    for (const how of ["lose", { status: 503 }, { status: 403 }] as const) {
      interceptAt(/uploadType=multipart/, 1, how);
      await expect(store.write("a", pattern(10))).rejects.toThrow();
      fake.intercept = (line) => (/^PUT/.test(line) ? how : undefined);
      await expect(store.write("a", stream(2))).rejects.toThrow();
      fake.intercept = () => undefined;
      expect([fake.paths(), fake.trash(), fake.openSessions()]).toEqual([["x/"], [], 0]);
    }
  }, 60_000);

  test("notices bytes that were damaged on their way", async () => {
    const store = await open();
    const failed = { kind: "Unreachable", retry: "later" };
    fake.corrupts = true;
    await expect(store.write("a", pattern(10))).rejects.toMatchObject(failed);
    await expect(store.write("a", stream(3))).rejects.toMatchObject(failed);
    expect(fake.paths()).toEqual(["x/"]);
    fake.corrupts = false;
    await store.write("a", pattern(10));
    fake.corrupts = true;
    await expect(store.write("a", stream(3))).rejects.toMatchObject(failed);
  });

  test("a name that comes out otherwise is an error, and nothing is left under it", async () => {
    const store = await open();
    fake.tree.trimsNames = true;
    await expect(store.write(" a ", pattern(10))).rejects.toMatchObject({ kind: "Usage" });
    expect(fake.paths()).toEqual(["x/"]);
  });

  test("replaces an object in place: the same file with a new version, and other metadata", async () => {
    const store = await open();
    await store.write("a", pattern(10), { metadata: { one: "1", two: "2" }, contentType: "text/plain" });
    const file = itemOf("a");
    const before = (await store.stat("a")).etag;
    await store.write("a", stream(3), { metadata: { two: "3" } });
    expect(file.revisions).toHaveLength(2);
    expect(file.properties).toEqual({ two: "3" });
    expect(fake.requests.some((line) => line.startsWith("DELETE"))).toBe(false);
    expect((await store.stat("a")).etag).not.toBe(before);
  });

  test("refuses what Drive cannot keep", async () => {
    const store = await open();
    const many = Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`key${at}`, "v"]));
    for (const [options, kind] of [
      [{ metadata: { key: "é".repeat(61) } }, "Usage"],
      [{ metadata: many }, "Usage"],
      [{ contentType: "application/vnd.google-apps.document" }, "Unsupported"],
      [{ storageClass: "COLD" }, "Unsupported"],
    ] as const) {
      const body = testBody([pattern(10)]);
      await expect(store.write("a", body.stream, options)).rejects.toMatchObject({ kind });
      await body.cancelled;
    }
    await store.write("a", pattern(10), { metadata: { key: "v".repeat(121) }, contentType: "no type" });
    expect(await store.stat("a")).toMatchObject({ contentType: "application/octet-stream" });
    await expect(store.write("a", pattern(1), { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    const levels = `${"n/".repeat(99)}n`;
    await expect(store.write(levels, pattern(1))).rejects.toMatchObject({ kind: "Usage" });
  });

  test("does not follow an upload to another server", async () => {
    const store = await open();
    const location = "http://127.0.0.2:1/steal";
    fake.intercept = (line) =>
      line.includes("uploadType=resumable") ? { status: 200, headers: { location } } : undefined;
    await expect(store.write("a", stream(3))).rejects.toThrow(/another server/);
  });
});

describe("gdrive reads", () => {
  test("give one version, also when the object is replaced in that moment", async () => {
    for (const readsRevisions of [true, false]) {
      fake.tree.readsRevisions = readsRevisions;
      const store = await open();
      await store.write("a", pattern(300 * KIB, 1));
      const item = itemOf("a");
      const { etag } = await store.stat("a");
      for (const moment of [/alt=media/, /q=|files\/1gen[^/]*\?fields/]) {
        let replaced = false;
        fake.done = (line) => {
          if (replaced || !moment.test(line)) return;
          replaced = true;
          const bytes = Buffer.from(pattern(200 * KIB, 2));
          item.revisions.push({ id: `other${item.revisions.length}`, bytes, md5: "0" });
        };
        const found = await store.read("a");
        const chunks: Uint8Array[] = [];
        for await (const chunk of found) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        const version = item.revisions.find(({ id }) => id === found.etag)?.bytes ?? Buffer.alloc(0);
        expect(sameBytes(bytes, version), `${readsRevisions} ${moment}`).toBe(true);
        expect(replaced).toBe(true);
      }
      fake.done = () => {};
      await expect(store.read("a", { ifMatch: etag ?? "" })).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
      await store.remove("a");
    }
  });

  test("go on where Drive refuses versions", async () => {
    const store = await open();
    await store.write("a", pattern(100));
    fake.intercept = (line) => (line.includes("/revisions/") ? { status: 403 } : undefined);
    expect(sameBytes(await readAll(store, "a", { offset: 10 }), pattern(100).subarray(10))).toBe(true);
    fake.intercept = (line) => (line.includes("alt=media") ? { status: 403 } : undefined);
    await expect(store.read("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
  });

  test("says what Drive's refusals mean", async () => {
    const store = await open();
    await store.write("a", pattern(10));
    for (const [status, reason, meant] of [
      [403, "rateLimitExceeded", { kind: "Throttled", retry: "later", retryAfterMs: 3000 }],
      [403, "userRateLimitExceeded", { kind: "Throttled", retry: "later" }],
      [403, "dailyLimitExceeded", { kind: "Throttled", retry: "never" }],
      [403, "storageQuotaExceeded", { kind: "NoSpace" }],
      [403, "insufficientFilePermissions", { kind: "PermissionDenied", retry: "never" }],
      [
        403,
        "accessNotConfigured",
        { kind: "PermissionDenied", message: expect.stringMatching(/not enabled/) },
      ],
      [429, "rateLimitExceeded", { kind: "Throttled", retry: "later" }],
      [500, "backendError", { kind: "Unreachable", retry: "later" }],
    ] as const) {
      const body = JSON.stringify({ error: { code: status, message: "Words.", errors: [{ reason }] } });
      fake.intercept = () => ({ status, headers: { "retry-after": "3" }, body });
      await expect(store.read("a"), reason).rejects.toMatchObject(meant);
    }
    const parts = JSON.stringify({ files: [], incompleteSearch: true });
    fake.intercept = (line) => (line.includes("q=") ? { status: 200, body: parts } : undefined);
    await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
  });
});
