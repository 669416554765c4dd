import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Store } from "../../../../core/store/store.ts";
import { type Apache, apache, createFolder, openWebdav } from "../../../servers/apache.ts";
import { startFakeNextcloud } from "../../../servers/fake_nextcloud.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { storesThrough } from "../../../servers/stores_through.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const MIB = 1024 * 1024;

requireServer("apache")("webdav and its server", () => {
  let server: Apache;
  let folder: string;
  const { closing, intercepted } = storesThrough(() => ({
    port: server.port,
    open: (port, options) => openWebdav({ server, folder, port, options }),
  }));
  const open = async (
    options: Record<string, string> = {},
    place: { port?: number; folder?: string } = {},
  ): Promise<Store> => {
    const store = await openWebdav({ server, folder, options, ...place });
    closing.push(() => store.close());
    return store;
  };
  beforeAll(async () => {
    server = await apache();
  });
  const newFolder = async () => {
    folder = await createFolder(server);
  };

  test("a folder that is missing is Unreachable in every operation, and is not made", async () => {
    await newFolder();
    const store = await open({}, { folder: `missing-${randomUUID()}` });
    const unreachable = { kind: "Unreachable", retry: "never" };
    await expect(store.stat("a")).rejects.toMatchObject(unreachable);
    await expect(store.read("a")).rejects.toMatchObject(unreachable);
    await expect(store.write("a", pattern(1))).rejects.toMatchObject(unreachable);
    await expect(store.write("a/b/c", pattern(1))).rejects.toMatchObject(unreachable);
    await expect(store.write("a/b", testBody([pattern(2 * MIB)]).stream)).rejects.toMatchObject(unreachable);
    await expect(store.remove("a")).rejects.toMatchObject(unreachable);
    await expect(listPaths(store, "")).rejects.toMatchObject(unreachable);
    await expect(listPaths(store, "a")).rejects.toMatchObject(unreachable);
    await expect(store.makeDirectory?.("a/b")).rejects.toMatchObject(unreachable);
  });

  test("a list that fails gives what it has found before", async () => {
    await newFolder();
    const entries = Array.from(
      { length: 200 },
      (_, index) =>
        `<D:response><D:href>/dav/${folder}/file-${index}</D:href><D:propstat><D:prop><D:resourcetype/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`,
    );
    // The answer is read in pieces of 32 KiB: only what came in the last one is not found.
    const body = `<D:multistatus xmlns:D="DAV:">${entries.join("")}</D:wrong>`;
    const { store } = await intercepted(() => ({ status: 207, body }));
    const found: string[] = [];
    const listing = async () => {
      for await (const { path } of store.list("")) found.push(path);
    };
    await expect(listing()).rejects.toMatchObject({ message: expect.stringContaining("not well-formed") });
    expect(found).toEqual(Array.from(found, (_, index) => `file-${index}`));
    expect(found.length).toBeGreaterThan(150);
  });

  test("a list removes what a crash has left long ago, and nothing else", async () => {
    await newFolder();
    const store = await open();
    await store.write("deep/a", pattern(10));
    const place = join(server.root, folder, "deep");
    for (const name of ["0", "1"])
      await writeFile(join(place, `.jcs-0123456789abcdef000${name}.tmp`), "half");
    const old = new Date(Date.now() - 2 * 24 * 60 * 60_000);
    for (const name of ["a", ".jcs-0123456789abcdef0000.tmp"]) await utimes(join(place, name), old, old);
    expect(await listPaths(store, "")).toEqual(["deep/a"]);
    expect((await readdir(place)).sort()).toEqual([".jcs-0123456789abcdef0001.tmp", "a"]);
  });

  test("the new content stays when the server has removed the old one and cannot rename", async () => {
    await newFolder();
    const plain = await open({ atomic_put: "false" });
    await plain.write("a", pattern(10));
    let moves = 0;
    const { interceptor, store } = await intercepted(
      (line) => {
        if (line.startsWith("MOVE")) moves += 1;
        if (moves < 3) return "pass";
        // From the replacing MOVE on: it fails, and the old object is gone.
        return { status: line.startsWith("MOVE") ? 507 : 404 };
      },
      { atomic_put: "false" },
    );
    await expect(store.write("a", pattern(20))).rejects.toMatchObject({
      kind: "Unreachable",
      message: expect.stringContaining(".new, which holds the new content"),
    });
    expect(interceptor.requests.filter((line) => line.startsWith("DELETE"))).toEqual([]);
    // The real server was never asked to remove it.
    moves = Number.NEGATIVE_INFINITY;
    expect(await readAll(store, "a")).toHaveLength(10);
  });

  test("a wrong password is PermissionDenied; it may stand in a file or the environment", async () => {
    await newFolder();
    const wrong = await open({ credential: `basic:${server.user}:no` });
    for (const call of [
      () => wrong.stat("a"),
      () => wrong.read("a"),
      () => wrong.write("a", pattern(1)),
      () => wrong.remove("a"),
    ]) {
      await expect(call()).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
    }
    const directory = await mkdtemp(join(tmpdir(), "jcs-webdav-"));
    closing.push(() => rm(directory, { recursive: true }));
    const file = join(directory, "credential");
    await writeFile(file, `${server.user}:${server.password}\n`);
    const right = await open({ credential: `file:${file}` });
    await right.write("a", pattern(5));
    expect(await listPaths(right, "")).toEqual(["a"]);
    await writeFile(file, "nothing of use");
    await expect(open({ credential: `file:${file}` })).rejects.toMatchObject({ kind: "Config" });
    await expect(open({ credential: "env" })).rejects.toMatchObject({ kind: "Config" });
    await expect(open({ credential: "hmac:a:b" })).rejects.toMatchObject({ kind: "Usage" });
  });

  test("sends a bearer token", async () => {
    await newFolder();
    const { store, interceptor } = await intercepted(() => ({ status: 404 }), {
      credential: "apikey:token-1",
    });
    await expect(store.stat("a")).rejects.toThrow();
    expect(interceptor.headers[0]?.authorization).toBe("Bearer token-1");
  });

  test("finds out whether the server replaces objects at once, and asks only once", async () => {
    await newFolder();
    const known = await intercepted(() => "pass");
    await known.store.write("a", pattern(1));
    await known.store.write("b", pattern(1));
    expect(known.interceptor.requests.filter((line) => line.startsWith("OPTIONS"))).toHaveLength(1);
    expect(known.interceptor.requests.filter((line) => line.startsWith("MOVE"))).toHaveLength(0);
    const unknown = await intercepted((line) => (line.startsWith("OPTIONS") ? { status: 405 } : "pass"));
    await unknown.store.write("c", pattern(1));
    expect(unknown.interceptor.requests.filter((line) => line.startsWith("MOVE"))).toHaveLength(1);
    expect((await listPaths(unknown.store, "")).sort()).toEqual(["a", "b", "c"]);
  });

  test("hides what a crash has left, and never gives it away by name", async () => {
    await newFolder();
    const left = `.jcs-${"0".repeat(20)}.tmp`;
    await writeFile(join(server.root, folder, left), "left over");
    const store = await open();
    expect(await listPaths(store, "")).toEqual([]);
    await expect(store.read(left)).rejects.toMatchObject({ kind: "Usage" });
  });

  test("a write that fails on the way to its name leaves no temporary object", async () => {
    await newFolder();
    const { store } = await intercepted((line) => (line.startsWith("MOVE") ? { status: 507 } : "pass"), {
      atomic_put: "false",
    });
    for (const body of [pattern(10), testBody([pattern(2 * MIB)]).stream]) {
      await expect(store.write("a", body)).rejects.toMatchObject({ kind: "NoSpace" });
    }
    expect(await readdir(join(server.root, folder))).toEqual([]);
  });

  test("never replaces or removes a directory with what is in it", async () => {
    await newFolder();
    for (const atomicPut of ["true", "false"]) {
      const store = await open({ atomic_put: atomicPut });
      await store.write("d/a", pattern(10));
      await store.write("b", pattern(10));
      const failed = { kind: "ConditionFailed" };
      await expect(store.write("d", pattern(1))).rejects.toMatchObject(failed);
      await expect(store.write("d", testBody([pattern(2 * MIB)]).stream)).rejects.toMatchObject(failed);
      await expect(store.copy?.("b", "d")).rejects.toMatchObject(failed);
      await expect(store.move?.("b", "d")).rejects.toMatchObject(failed);
      await expect(store.remove("d")).rejects.toMatchObject(failed);
      expect((await listPaths(store, "")).sort()).toEqual(["b", "d/a"]);
    }
  });

  test("follows a redirect on the server itself, with the credential", async () => {
    await newFolder();
    let redirected = 0;
    const { store } = await intercepted((line) => {
      const [method, path = ""] = line.split(" ");
      if (method === "PUT" || method === "OPTIONS" || path.includes("via")) return "pass";
      redirected += 1;
      return { status: 302, headers: { location: `${path}?via=1` } };
    });
    await store.write("a", pattern(10));
    expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
    expect(await listPaths(store, "")).toEqual(["a"]);
    expect(redirected).toBeGreaterThan(1);
    const loop = await intercepted((line) => ({
      status: 302,
      headers: { location: `${line.split(" ")[1]}x` },
    }));
    await expect(loop.store.read("a")).rejects.toMatchObject({ kind: "Config" });
  });

  test("refuses a server that answers for another directory, or speaks no WebDAV", async () => {
    await newFolder();
    const entry = (href: string) =>
      `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
    for (const href of ["/elsewhere/a", "/", `/dav/${folder}/a/b`, `/dav/${folder}/../x`, "http://other/y"]) {
      const { store } = await intercepted(() => ({ status: 207, body: entry(href) }));
      await expect(listPaths(store, ""), href).rejects.toMatchObject({ kind: "Unexpected" });
    }
    for (const [status, kind] of [
      [405, "Config"],
      [200, "Unexpected"],
    ] as const) {
      const { store } = await intercepted(() => ({ status, body: "hello" }));
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind });
    }
  });

  test("sends large objects in chunks where the server takes them (fake Nextcloud)", async () => {
    await newFolder();
    const fake = await startFakeNextcloud(server);
    closing.push(() => fake.close());
    const options = { upload_directory: "/uploads", part_size: "1MiB" };
    const store = await open(options, { port: fake.port });
    const content = pattern(3 * MIB + 17);
    for (const body of [content, testBody([content.subarray(0, 5), content.subarray(5)]).stream]) {
      expect(await store.write("a/b", body)).toMatchObject({ size: content.length });
      expect(sameBytes(await readAll(store, "a/b"), content)).toBe(true);
    }
    expect(fake.requests.filter((line) => /^PUT \/uploads\/[^/]+\/0000[1-4]$/.test(line))).toHaveLength(8);
    await expect(store.write("a/b", content, { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    await expect(store.write("a/b", content.subarray(1), { size: 9 })).rejects.toMatchObject({
      kind: "ConditionFailed",
    });
    const error = new Error("the source broke");
    await expect(store.write("c", testBody([content], { error }).stream)).rejects.toBe(error);
    fake.failChunk = "00002";
    await expect(store.write("c", testBody([content]).stream)).rejects.toMatchObject({ kind: "Unreachable" });
    expect(fake.uploadsUnderWay()).toBe(0);
    expect(await listPaths(store, "")).toEqual(["a/b"]);
    expect(sameBytes(await readAll(store, "a/b"), content)).toBe(true);
  });
});
