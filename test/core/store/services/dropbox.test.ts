import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentHash } from "../../../../core/store/services/dropbox/content_hash.ts";
import { dropbox } from "../../../../core/store/services/dropbox.ts";
import type { Store } from "../../../../core/store/store.ts";
import {
  type DropboxInterception,
  type FakeDropbox,
  startFakeDropbox,
} from "../../../servers/fake_dropbox.ts";
import { hashOf } from "../../../servers/fake_dropbox_tree.ts";
import { openDropbox } from "../../../servers/open_dropbox.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const MIB = 1024 * 1024;
let fake: FakeDropbox;
const stores: Store[] = [];

beforeEach(async () => {
  fake = await startFakeDropbox();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await fake.close();
});

async function open(options: Readonly<Record<string, string>> = {}, workDirectory?: string): Promise<Store> {
  const store = await openDropbox(fake, options, workDirectory);
  stores.push(store);
  return store;
}

/** Answers requests whose line begins with `start` so, from the `first` on, `times` times. */
function strike(start: string, answer: DropboxInterception, { first = 1, times = 1 } = {}): void {
  let seen = 0;
  fake.intercept = (line) => {
    if (!line.startsWith(start)) return undefined;
    seen += 1;
    return seen >= first && seen < first + times ? answer : undefined;
  };
}

const refusal = (status: number, error: unknown) => ({
  status,
  body: JSON.stringify({ error_summary: "words", error }),
});
const sizes = [3 * MIB, 3 * MIB, 3 * MIB + 5] as const;
const stream = () => testBody(sizes.map((size, seed) => pattern(size, seed + 1))).stream;
const whole = Buffer.concat(sizes.map((size, seed) => pattern(size, seed + 1)));
const WAYS = ["lose answer", { status: 503 }] as const;

test("the content hash is that of Dropbox's documentation, in any parts", () => {
  expect(contentHash().end()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const size of [1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB]) {
    const content = Buffer.from(pattern(size));
    const hash = contentHash();
    for (let start = 0; start < size; start += 4 * MIB) {
      const part = content.subarray(start, start + 4 * MIB);
      expect(hash.add(part)).toBe(hashOf(part));
    }
    expect(hash.end()).toBe(hashOf(content));
  }
});

test("renews a token that expires within an upload, and writes it to its file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jcs-dropbox-"));
  try {
    const file = join(folder, "token.json");
    await writeFile(file, fake.login);
    const store = await open({ credential: `file:${file}` });
    await Promise.all([1, 2, 3].map((seed) => store.write(`${seed}`, pattern(10, seed))));
    expect(fake.tokenServer.requests).toBe(1);
    let appended = 0;
    fake.intercept = (line) => {
      if (line.startsWith("files/upload_session/append_v2") && ++appended === 1) fake.expireTokens();
      return undefined;
    };
    await store.write("a", stream());
    expect(sameBytes(await readAll(store, "a"), whole)).toBe(true);
    expect(fake.tokenServer.requests).toBe(2);
    const [token] = fake.tokenServer.tokens;
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ access_token: token });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a login that was revoked is PermissionDenied with a way out, and no secret", async () => {
  const store = await open();
  await store.write("a", pattern(10));
  fake.expireTokens();
  fake.tokenServer.refreshToken = "another";
  const error = await store.read("a").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "PermissionDenied", message: expect.stringMatching(/log in again/) });
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(
    /access-token-|refresh-token|app-secret/,
  );
});

test("goes on with an upload whose answers are lost or refused, at any step, and makes the object once", async () => {
  for (const step of ["start", "append_v2", "finish"]) {
    for (const how of WAYS) {
      const store = await open();
      strike(`files/upload_session/${step}`, how);
      const path = `${step} ${typeof how}`;
      expect(await store.write(path, stream())).toMatchObject({ size: whole.length });
      expect(sameBytes(await readAll(store, path), whole)).toBe(true);
    }
  }
  expect(fake.files()).toHaveLength(6);
  const offsets = fake.requests.flatMap((line) => /append_v2 .*"offset":(\d+)/.exec(line)?.[1] ?? []);
  expect(new Set(offsets)).toEqual(new Set([String(4 * MIB), String(8 * MIB)]));
});

test("an upload for an absent object is finished once, and refused where something is, even the same", async () => {
  const store = await open();
  strike(
    "files/upload_session/finish",
    refusal(429, { reason: { ".tag": "too_many_write_operations" }, retry_after: 0 }),
  );
  await store.write("a", stream(), { ifAbsent: true });
  fake.intercept = () => undefined;
  for (const body of [stream(), testBody([pattern(5)]).stream]) {
    await expect(store.write("a", body, { ifAbsent: true })).rejects.toMatchObject({ kind: "AlreadyExists" });
  }
  await store.write("b", pattern(5));
  await expect(store.write("b", pattern(5), { ifAbsent: true })).rejects.toMatchObject({
    kind: "AlreadyExists",
  });
  strike("files/upload_session/finish", "lose answer");
  await expect(store.write("c", stream(), { ifAbsent: true })).rejects.toMatchObject({
    kind: "Unreachable",
    retry: "exhausted",
  });
});

test("an upload that fails leaves nothing and the old object", async () => {
  const store = await open();
  await store.write("old", pattern(10));
  for (const path of ["old", "new"]) {
    const broken = testBody([pattern(9 * MIB)], { error: new Error("broken") });
    await expect(store.write(path, broken.stream)).rejects.toThrow("broken");
    const controller = new AbortController();
    const hanging = testBody([pattern(9 * MIB)], { hang: true });
    const writing = store.write(path, hanging.stream, { signal: controller.signal });
    writing.catch(() => {});
    await hanging.exhausted;
    controller.abort();
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    strike("files/upload_session/append_v2", { status: 400, body: "no" });
    await expect(store.write(path, stream())).rejects.toMatchObject({ kind: "Unexpected" });
  }
  expect(fake.files()).toEqual(["/x/old"]);
  expect(await readAll(store, "old")).toHaveLength(10);
});

test("bytes that arrive wrong are no object", async () => {
  const store = await open();
  strike("files/upload ", refusal(409, { ".tag": "content_hash_mismatch" }));
  await expect(store.write("a", pattern(10))).rejects.toMatchObject({ kind: "Corrupt", retry: "later" });
  const other = { size: 10, rev: "5c1d000000ff", content_hash: "0".repeat(64) };
  strike("files/upload ", { status: 200, body: JSON.stringify(other) });
  await expect(store.write("a", pattern(10))).rejects.toMatchObject({ kind: "Corrupt" });
  expect(fake.requests.at(-1)).toBe('files/delete_v2 {"path":"/x/a","parent_rev":"5c1d000000ff"}');
  strike("files/upload ", { status: 200, body: "{}" });
  await expect(store.write("a", pattern(10))).rejects.toMatchObject({ kind: "Unexpected" });
});

test("names that Dropbox cannot hold come back as they were", async () => {
  const store = await open();
  const names = [
    ...[
      "Thumbs.db",
      "DESKTOP.ini",
      ".DS_Store",
      "icon\r",
      ".dropbox",
      ".dropbox.attr",
      "~$a",
      ".~a",
      "~a.tmp",
    ],
    ...[
      "a\u007f",
      "ends with ",
      "cafe\u0301",
      "\u212b",
      "caf\u00e9",
      "\u201b41",
      "\u201b41 e\u0301 ",
      "\u0130",
    ],
  ];
  for (const [seed, name] of names.entries()) await store.write(`${name}/${name}`, pattern(10, seed));
  expect((await listPaths(store, "")).sort()).toEqual(names.map((name) => `${name}/${name}`).sort());
  for (const [seed, name] of names.entries()) {
    expect(sameBytes(await readAll(store, `${name}/${name}`), pattern(10, seed)), name).toBe(true);
  }
  // Others see the names that they expect.
  expect(fake.files()).toContain("/x/caf\u00e9/caf\u00e9");
  for (const path of ["n".repeat(256), "a/.jcs-0123456789abcdef0123.tmp", "\u007f".repeat(100)]) {
    await expect(store.write(path, pattern(1))).rejects.toMatchObject({ kind: "Usage" });
  }
});

test("letter case makes no other object, and lists answer in the case of the question", async () => {
  const store = await open();
  await store.write("Folder/A", pattern(10));
  expect(await store.stat("folder/a")).toMatchObject({ path: "folder/a", size: 10 });
  expect(await listPaths(store, "FOLDER")).toEqual(["FOLDER/A"]);
  await store.move?.("Folder/A", "folder/a");
  await store.copy?.("Folder/A", "FOLDER/a");
  expect(await listPaths(store, "")).toEqual(["Folder/A"]);
  await store.remove("fOLDER/a");
  expect(fake.files()).toEqual([]);
});

test("a whole Dropbox lists from its root, and a list goes on where files disappear", async () => {
  const store = await open({}, "/");
  for (let index = 0; index < 1005; index++) await store.write(`f${index}`, pattern(1));
  await store.write("z", pattern(1));
  const paths: string[] = [];
  for await (const { path } of store.list("")) {
    if (paths.length === 0) await store.remove("z");
    paths.push(path);
  }
  expect(paths).toHaveLength(1005);
  strike("files/list_folder/continue", refusal(409, { ".tag": "reset" }));
  await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
});

test("removes the object that is there, also a newer one, and never what is in a directory", async () => {
  const store = await open();
  const other = await open();
  await store.write("a", pattern(10, 1));
  let once = true;
  let writing: Promise<unknown> = Promise.resolve();
  fake.intercept = (line) => {
    if (line.startsWith("files/delete_v2") && once) {
      once = false;
      writing = other.write("a", pattern(10, 2));
      // What the service says when the revision is another by then.
      return refusal(409, {
        ".tag": "path_write",
        path_write: { ".tag": "conflict", conflict: { ".tag": "file" } },
      });
    }
    return undefined;
  };
  await store.remove("a");
  await writing;
  await store.remove("a");
  expect(fake.requests.filter((line) => line.startsWith("files/delete_v2"))).not.toContainEqual(
    expect.not.stringContaining("parent_rev"),
  );
  await store.write("folder/b", pattern(10));
  await expect(store.remove("folder")).rejects.toMatchObject({ kind: "ConditionFailed" });
  await store.makeDirectory?.("empty/inner");
  await expect(store.remove("empty")).rejects.toMatchObject({ kind: "ConditionFailed" });
  expect(fake.files()).toEqual(["/x/folder/b"]);
});

test("a copy or move that fails at any step leaves the old object or the new one, whole, and nothing beside it", async () => {
  for (const operation of ["copy", "move"] as const) {
    for (const step of ["files/copy_v2", "files/move_v2", "files/delete_v2"]) {
      for (const first of [1, 2, 3]) {
        for (const how of WAYS) {
          const store = await open();
          await store.write("source", pattern(100, 1));
          await store.write("target", pattern(100, 2));
          strike(step, how, { first });
          await store[operation]?.("source", "target").catch(() => {});
          fake.intercept = () => undefined;
          const found = await readAll(store, "target");
          const isNew = sameBytes(found, pattern(100, 1));
          const words = `${operation} ${step} ${first} ${typeof how}`;
          expect(isNew || sameBytes(found, pattern(100, 2)), words).toBe(true);
          const left = await listPaths(store, "");
          if (operation === "copy" || !isNew) expect(left, words).toContain("source");
          // What could not be tidied up is hidden, and only then.
          if (step !== "files/delete_v2") expect(fake.files(), words).toHaveLength(left.length);
          for (const path of fake.files()) await store.remove(path).catch(() => {});
        }
      }
    }
    await fake.close();
    fake = await startFakeDropbox();
  }
});

test("a stream for an absent object is sent again only when Dropbox refused to begin", async () => {
  const store = await open();
  const write = () => store.write("a", testBody([pattern(10)]).stream, { ifAbsent: true });
  strike("files/upload ", "lose answer");
  await expect(write()).rejects.toMatchObject({ kind: "Unreachable", retry: "exhausted" });
  await store.remove("a");
  strike("files/upload ", refusal(429, { reason: { ".tag": "too_many_write_operations" }, retry_after: 0 }));
  expect(await write()).toMatchObject({ size: 10 });
});

test("paths begin in the namespace that path_root names, and another one is refused", async () => {
  const home = await open();
  const team = await open({ path_root: "12345" });
  await team.write("a", pattern(10));
  expect(await listPaths(home, "")).toEqual([]);
  expect(await listPaths(team, "")).toEqual(["a"]);
  const nowhere = await open({ path_root: "99" });
  await expect(nowhere.stat("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
  strike("files/get_metadata", refusal(422, { ".tag": "invalid_root", root_namespace_id: "1" }));
  await expect(home.stat("a")).rejects.toMatchObject({ kind: "Unreachable" });
});

test("links read and write without a credential, and what there is no link for is said", async () => {
  const store = await open();
  await store.write("a", pattern(100));
  const sign = store.sign?.bind(store);
  if (sign === undefined) throw new Error("dropbox signs");
  const read = await sign("read", "a", { expiresInSeconds: 60 });
  // Dropbox gives no link of a shorter life: what is told is how long it really lives.
  expect(read.expiresAt.getTime()).toBeGreaterThan(Date.now() + 4 * 3600_000 - 60_000);
  await expect(sign("read", "b", { expiresInSeconds: 60 })).rejects.toMatchObject({ kind: "NotFound" });
  await expect(sign("remove", "a", { expiresInSeconds: 60 })).rejects.toMatchObject({ kind: "Unsupported" });
  await expect(sign("read", "a", { expiresInSeconds: 5 * 3600 })).rejects.toMatchObject({ kind: "Usage" });
  await expect(sign("write", "a", { expiresInSeconds: 60, size: 200 * MIB })).rejects.toMatchObject({
    kind: "Unsupported",
  });
});

test("a fetch that fails or is cancelled leaves the old object and nothing beside it", async () => {
  const server = createServer((_, answer) => answer.end(pattern(50)));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?signature=secret-1`;
  try {
    const store = await open();
    await store.write("a", pattern(10));
    const fetchIt = (signal?: AbortSignal) => store.fetch?.("a", url, signal === undefined ? {} : { signal });
    const failed = (error: unknown) => ({
      status: 200,
      body: JSON.stringify({ ".tag": "failed", failed: error }),
    });
    for (const [answer, meant] of [
      [failed({ ".tag": "download_failed" }), { kind: "Unreachable" }],
      [failed({ ".tag": "path", path: { ".tag": "insufficient_space" } }), { kind: "NoSpace" }],
      [failed({ ".tag": "something_new" }), { kind: "Unexpected" }],
      [{ status: 200, body: "{}" }, { kind: "Unexpected" }],
      [{ status: 500 }, { kind: "Unreachable", retry: "later" }],
    ] as const) {
      strike("files/save_url/check_job_status", answer);
      const error = await fetchIt()?.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(meant);
      expect(inspect(error, { depth: 20 })).not.toContain("secret-1");
    }
    const control = new AbortController();
    fake.intercept = (line) => {
      if (line.startsWith("files/save_url/check_job_status")) control.abort();
      return undefined;
    };
    await expect(fetchIt(control.signal)).rejects.toMatchObject({ kind: "Cancelled" });
    expect(await readAll(store, "a")).toHaveLength(10);
    expect(fake.files()).toEqual(["/x/a"]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("says what Dropbox's refusals mean", async () => {
  const store = await open();
  const path = (tag: unknown) => ({ ".tag": "path", path: typeof tag === "string" ? { ".tag": tag } : tag });
  for (const [status, error, meant] of [
    [
      429,
      { reason: { ".tag": "too_many_requests" }, retry_after: 3 },
      { kind: "Throttled", retryAfterMs: 3000 },
    ],
    [409, path("too_many_write_operations"), { kind: "Throttled", retry: "later" }],
    [409, path("not_found"), { kind: "NotFound" }],
    [409, path("malformed_path"), { kind: "Usage" }],
    [409, path("locked"), { kind: "Unreachable", retry: "later" }],
    [409, path("restricted_content"), { kind: "PermissionDenied" }],
    [409, { ".tag": "unsupported_file" }, { kind: "Unsupported" }],
    [409, { ".tag": "something_new" }, { kind: "Unexpected", retry: "never" }],
    [403, { ".tag": "invalid_account_type" }, { kind: "PermissionDenied" }],
    [401, { ".tag": "user_suspended" }, { kind: "PermissionDenied" }],
    [500, undefined, { kind: "Unreachable", retry: "later" }],
    [503, undefined, { kind: "Throttled", retry: "later" }],
  ] as const) {
    strike("files/download", refusal(status, error));
    await expect(store.read("a"), JSON.stringify(error)).rejects.toMatchObject(meant);
  }
  const before = fake.tokenServer.requests;
  strike("files/download", refusal(401, { ".tag": "missing_scope", required_scope: "files.content.read" }));
  await expect(store.read("a")).rejects.toMatchObject({
    kind: "PermissionDenied",
    message: expect.stringMatching(/"files\.content\.read"/),
  });
  // Another token would have no more scopes.
  expect(fake.tokenServer.requests).toBe(before);
  const conflict = { ".tag": "conflict", conflict: { ".tag": "file_ancestor" } };
  strike("files/upload ", refusal(409, { ".tag": "path", reason: conflict, upload_session_id: "x" }));
  await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "ConditionFailed" });
  const full = { ".tag": "path", reason: { ".tag": "insufficient_space" }, upload_session_id: "x" };
  strike("files/upload ", refusal(409, full));
  await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "NoSpace" });
  strike("files/upload ", { status: 400, body: "Error: The given OAuth 2 access token is malformed." });
  await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "PermissionDenied" });
  strike("files/upload ", {
    status: 400,
    body: 'Error in call to API function "files/upload": path: invalid',
  });
  await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "Usage" });
});

test("refuses options that make no sense", async () => {
  for (const options of [
    { part_size: "5MiB" },
    { part_size: "0" },
    { part_size: "152MiB" },
    { path_root: "a\r\nb" },
  ]) {
    await expect(open(options)).rejects.toMatchObject({ kind: "Usage" });
  }
  const named = {
    service: "dropbox",
    name: "bucket",
    workDirectory: "/",
    options: new Map<string, string>(),
  };
  await expect(dropbox.open(named, { environment: {} })).rejects.toMatchObject({ kind: "Usage" });
});
