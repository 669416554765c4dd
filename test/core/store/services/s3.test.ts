import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ByteStream } from "../../../../core/bytes/byte_stream.ts";
import { isKind } from "../../../../core/errors.ts";
import { s3 } from "../../../../core/store/services/s3.ts";
import type { ObjectMeta, SignedRequest, Store } from "../../../../core/store/store.ts";
import { openS3 } from "../../../servers/open_s3.ts";
import { createBucket, KMS_KEY, type Radosgw, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";

const MIB = 1024 * 1024;
/** Small parts, so that a few MiB make many of them. */
const SMALL_PARTS = { part_size: "5MiB", multipart_threshold: "5MiB", copy_threshold: "6MiB" };

requireServer("radosgw")("s3 on radosgw", () => {
  let server: Radosgw;
  let bucket: string;
  let client: S3Client;
  let store: Store;
  const stores: Store[] = [];
  const open = async (options: Record<string, string> = {}, place: { readonly bucket?: string } = {}) => {
    const opened = await openS3({ server, bucket, options, ...place });
    stores.push(opened);
    return opened;
  };
  const uploadsUnderWay = async () =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];

  beforeAll(async () => {
    server = await radosgw();
    bucket = await createBucket(server);
    client = new S3Client({
      endpoint: server.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
    });
    store = await open(SMALL_PARTS);
  });
  afterAll(async () => {
    client?.destroy();
    for (const opened of stores) await opened.close();
  });

  test("writes in one request and in parts, with and without a known size", { timeout: 60_000 }, async () => {
    for (const length of [0, 1, 5 * MIB, 5 * MIB + 1, 13 * MIB + 7]) {
      const bytes = randomBytes(length);
      await store.write("bytes", bytes);
      expect(await digestOf(store, "bytes"), `bytes of ${length}`).toBe(hash(bytes));
      await store.write("sized", chunks(bytes), { size: length });
      expect(await digestOf(store, "sized"), `stream of ${length}`).toBe(hash(bytes));
      const meta = await store.write("unsized", chunks(bytes));
      expect(await digestOf(store, "unsized"), `unknown size, ${length}`).toBe(hash(bytes));
      expect(meta.size).toBe(length);
      expect((await store.stat("unsized")).size).toBe(length);
    }
    expect(await uploadsUnderWay()).toEqual([]);
  });

  test("leaves nothing when the body is too short, too long, or fails", async () => {
    const bytes = randomBytes(12 * MIB);
    const broken = new Error("the disk is gone");
    const failing = async function* (): ByteStream {
      yield bytes;
      throw broken;
    };
    for (const size of [3 * MIB, 12 * MIB - 1, 12 * MIB + 1, 30 * MIB]) {
      await expect(store.write("wrong", chunks(bytes), { size })).rejects.toMatchObject({
        kind: "ConditionFailed",
      });
    }
    await expect(store.write("wrong", bytes, { size: 3 })).rejects.toMatchObject({ kind: "ConditionFailed" });
    await expect(store.write("wrong", failing())).rejects.toBe(broken);
    await expect(store.stat("wrong")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await uploadsUnderWay()).toEqual([]);
  });

  test("a cancelled upload leaves nothing and keeps the old object", async () => {
    await store.write("old", Buffer.from("old"));
    const control = new AbortController();
    const body = async function* (): ByteStream {
      yield randomBytes(11 * MIB);
      control.abort();
      yield randomBytes(1 * MIB);
    };
    await expect(store.write("old", body(), { signal: control.signal })).rejects.toMatchObject({
      kind: "Cancelled",
    });
    expect(await textOf(store, "old")).toBe("old");
    expect(await uploadsUnderWay()).toEqual([]);
  });

  test("reads ranges, and nothing past the end", async () => {
    await store.write("r", Buffer.from("0123456789"));
    await store.write("none", new Uint8Array(0));
    expect(await textOf(store, "r", { offset: 2, length: 3 })).toBe("234");
    expect(await textOf(store, "r", { offset: 8, length: 10 })).toBe("89");
    expect(await textOf(store, "r", { offset: 9 })).toBe("9");
    expect(await textOf(store, "r", { offset: 10 })).toBe("");
    expect(await textOf(store, "r", { offset: 99, length: 1 })).toBe("");
    expect(await textOf(store, "r", { length: 0 })).toBe("");
    expect(await textOf(store, "none")).toBe("");
    expect(await textOf(store, "none", { offset: 0, length: 5 })).toBe("");
    for (const options of [{}, { length: 0 }, { offset: 5 }]) {
      await expect(store.read("missing", options)).rejects.toMatchObject({
        kind: "NotFound",
        retry: "never",
      });
    }
    const { etag } = await store.stat("r");
    expect(await textOf(store, "r", { ifMatch: etag ?? "" })).toBe("0123456789");
    await expect(store.read("r", { ifMatch: '"other"' })).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  test("cancelling a stream that nobody has read ends its connection", async () => {
    await store.write("big", randomBytes(4 * MIB));
    const stream = await store.read("big");
    await stream[Symbol.asyncIterator]().return?.();
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  test("ifAbsent lets one of many writers win", async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      store.write("once", Buffer.from(`writer ${index}`), { ifAbsent: true }).then(
        () => index,
        (error: unknown) => (isKind(error, "AlreadyExists") ? undefined : Promise.reject(error)),
      ),
    );
    const winners = (await Promise.all(writes)).filter((index) => index !== undefined);
    expect(winners).toHaveLength(1);
    expect(await textOf(store, "once")).toBe(`writer ${winners[0]}`);
    const large = randomBytes(11 * MIB);
    await expect(store.write("once", large, { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    const plain = await open({ conditional_writes: "false" });
    expect(plain.native.writeIfAbsent).toBe(false);
    await plain.write("once", Buffer.from("1"), { ifAbsent: true });
    await expect(plain.write("once", Buffer.from("2"), { ifAbsent: true })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
  });

  test("keeps metadata and content type as they were, in one request, in parts, and in copies of both", {
    timeout: 60_000,
  }, async () => {
    const metadata = {
      plain: "a b",
      Upper: "CASE",
      under_score: "1",
      "naïve ключ": "日本語 😀",
      empty: "",
      spaces: "  two  ",
      percent: "100%41",
      marked: "utf-8''x",
      lines: "a\r\nb",
    };
    const contentType = "text/plain; charset=utf-8";
    await store.write("small", Buffer.from("s"), { metadata, contentType });
    await store.write("large", randomBytes(11 * MIB), { metadata, contentType });
    await store.copy?.("small", "small copy");
    await store.copy?.("large", "large copy");
    for (const path of ["small", "large", "small copy", "large copy"]) {
      expect(await store.stat(path), path).toMatchObject({ metadata, contentType, kind: "file", path });
    }
    expect(await digestOf(store, "large copy")).toBe(await digestOf(store, "large"));
  });

  test("copies: missing source, onto itself, onto another", async () => {
    await store.write("c/a+b %20é", Buffer.from("content"));
    await store.write("c/target", Buffer.from("old"));
    await store.copy?.("c/a+b %20é", "c/target");
    await store.copy?.("c/target", "c/target");
    expect(await textOf(store, "c/target")).toBe("content");
    await expect(store.copy?.("c/none", "c/target")).rejects.toMatchObject({ kind: "NotFound" });
  });

  test("lists odd names, in order, over several pages, flat and by level", { timeout: 60_000 }, async () => {
    const names = [
      "a b",
      "a+b",
      "a%20b",
      "\u00e9",
      "e\u0301",
      "日本",
      "😀",
      "\u{1}",
      "a\nb",
      "q?x=1&y",
      "#h",
      "'\"<>&",
      "..a",
      "~!*'()",
      " lead",
      "trail ",
      "x/y/z",
      "x.y",
    ];
    const own = await open();
    await Promise.all(names.map((name) => own.write(name, Buffer.from(name))));
    expect(await pathsOf(own.list(""))).toEqual(sorted(names));
    for (const name of names) expect(await textOf(own, name)).toBe(name);
    expect(await pathsOf(own.list("x"))).toEqual(["x/y/z"]);
    expect(await pathsOf(own.list("x/y", { delimited: true }))).toEqual(["x/y/z"]);
    expect(await pathsOf(own.list("missing"))).toEqual([]);
    const level: ObjectMeta[] = [];
    for await (const entry of own.list("", { delimited: true })) level.push(entry);
    expect(level.filter(({ kind }) => kind === "directory")).toEqual([{ path: "x", kind: "directory" }]);
    expect(level).toHaveLength(names.length);
    for (const name of names) await own.remove(name);
    expect(await pathsOf(own.list(""))).toEqual([]);
  });

  test("goes on to the next page", { timeout: 60_000 }, async () => {
    const own = await open();
    const names = Array.from({ length: 1003 }, (_, index) => `page/${String(index).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 32) {
      await Promise.all(names.slice(at, at + 32).map((name) => own.write(name, new Uint8Array(0))));
    }
    expect(await pathsOf(own.list("page"))).toEqual(names);
    expect(await pathsOf(own.list("page", { delimited: true }))).toEqual(names);
  });

  test("leaves out keys that are no paths", async () => {
    const own = await open();
    const prefix = own.info.workDirectory.slice(1);
    for (const key of ["folder/", "a//b", "back\\slash", "./c", "folder/d"]) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: "x" }));
    }
    expect(await pathsOf(own.list(""))).toEqual(["folder/d"]);
    expect(await pathsOf(own.list("folder", { delimited: true }))).toEqual(["folder/d"]);
  });

  test("removes, also what is not there", async () => {
    await store.write("gone", Buffer.from("x"));
    await store.remove("gone");
    await store.remove("gone");
    await expect(store.stat("gone")).rejects.toMatchObject({ kind: "NotFound" });
  });

  test("uploads in parts that the caller makes", async () => {
    const [one, two] = [randomBytes(5 * MIB), randomBytes(3)];
    const upload = await store.multipart?.("parts", { metadata: { k: "v" }, contentType: "x/y" });
    expect(upload).toBeDefined();
    if (upload === undefined) return;
    const second = await upload.part(2, chunks(two), { size: 3 });
    await expect(upload.part(1, chunks(two), { size: 4 })).rejects.toMatchObject({ kind: "ConditionFailed" });
    await expect(upload.part(0, two, { size: 3 })).rejects.toMatchObject({ kind: "Usage" });
    const first = await upload.part(1, one, { size: one.length });
    await expect(store.stat("parts")).rejects.toMatchObject({ kind: "NotFound" });
    await expect(upload.complete([first, { ...second, etag: first.etag }])).rejects.toMatchObject({
      kind: "ConditionFailed",
    });
    expect(await upload.complete([second, first])).toMatchObject({ size: 5 * MIB + 3 });
    expect(await digestOf(store, "parts")).toBe(hash(Buffer.concat([one, two])));
    expect(await store.stat("parts")).toMatchObject({ metadata: { k: "v" }, contentType: "x/y" });
    const dropped = await store.multipart?.("dropped");
    await dropped?.part(1, one, { size: one.length });
    await dropped?.abort();
    await dropped?.abort();
    expect(await uploadsUnderWay()).toEqual([]);
  });

  test("signs requests that need no credentials, in path and in virtual-host style", async () => {
    for (const style of ["true", "false"]) {
      const own = await open({ path_style: style, endpoint: `http:localhost:${server.port}` });
      const name = "signed/ü +%";
      const write = await own.sign?.("write", name, { expiresInSeconds: 60, size: 5 });
      expect(new URL(write?.url ?? "").hostname).toBe(style === "true" ? "localhost" : `${bucket}.localhost`);
      expect(await perform(write, "12345")).toMatchObject({ status: 200 });
      expect(await perform(write, "123456")).toMatchObject({ status: 403 });
      const read = await own.sign?.("read", name, { expiresInSeconds: 60 });
      expect(await perform(read)).toEqual({ status: 200, text: "12345" });
      expect(await perform(await own.sign?.("remove", name, { expiresInSeconds: 60 }))).toMatchObject({
        status: 204,
      });
      expect(await perform(read)).toMatchObject({ status: 404 });
    }
    await expect(store.sign?.("read", "x", { expiresInSeconds: 0 })).rejects.toMatchObject({ kind: "Usage" });
    await expect(store.sign?.("read", "x", { expiresInSeconds: 1e9 })).rejects.toMatchObject({
      kind: "Usage",
    });
  });

  test("encrypts with a customer's key, which only its holder can read", { timeout: 60_000 }, async () => {
    const key = randomBytes(32).toString("base64");
    const secret = await openS3({
      server,
      bucket,
      workDirectory: "/sse/",
      options: { ...SMALL_PARTS, sse_customer_key: key },
    });
    const plain = await openS3({ server, bucket, workDirectory: "/sse/" });
    stores.push(secret, plain);
    const large = randomBytes(11 * MIB);
    await secret.write("small", Buffer.from("hidden"));
    await secret.write("large", large);
    expect(await textOf(secret, "small", { offset: 1, length: 2 })).toBe("id");
    expect((await secret.stat("large")).encryption).toBe("customer key AES256");
    // This server cannot copy what a customer's key encrypts, and says so.
    await expect(secret.copy?.("small", "copy")).rejects.toMatchObject({ kind: "Unsupported" });
    expect(await digestOf(secret, "large")).toBe(hash(large));
    await expect(plain.read("small")).rejects.toThrow();
    await expect(secret.sign?.("read", "small", { expiresInSeconds: 9 })).rejects.toMatchObject({
      kind: "Unsupported",
    });
  });

  test("encrypts with a key of the service, in one request, in parts and signed, and says so", async () => {
    const options = { server_side_encryption: "aws:kms", sse_kms_key_id: KMS_KEY };
    const secret = await open({ ...SMALL_PARTS, ...options });
    const large = randomBytes(11 * MIB);
    await secret.write("small", Buffer.from("hidden"));
    await secret.write("large", chunks(large));
    const signed = await secret.sign?.("write", "signed", { expiresInSeconds: 60 });
    expect(await perform(signed, "signed")).toMatchObject({ status: 200 });
    for (const path of ["small", "large", "signed"]) {
      expect((await secret.stat(path)).encryption, path).toBe(`aws:kms ${KMS_KEY}`);
    }
    expect(await textOf(secret, "small", { offset: 1, length: 3 })).toBe("idd");
    expect(await digestOf(secret, "large")).toBe(hash(large));
    // This server cannot copy what is encrypted, and says so.
    await expect(secret.copy?.("small", "copy")).rejects.toMatchObject({ kind: "Unsupported" });
    const unknown = await open({ ...options, sse_kms_key_id: "no-such-key" });
    await expect(unknown.write("refused", Buffer.from("x"))).rejects.toThrow();
    await expect(unknown.stat("refused")).rejects.toMatchObject({ kind: "NotFound" });
    await store.write("plain", Buffer.from("x"));
    expect((await store.stat("plain")).encryption).toBeUndefined();
  });

  test("tells apart what is missing and what is forbidden", async () => {
    const nowhere = await open({}, { bucket: "no-such-bucket" });
    const calls: readonly ((at: Store) => Promise<unknown> | undefined)[] = [
      (at) => at.stat("x"),
      (at) => at.read("x"),
      (at) => at.write("x", Buffer.from("y")),
      (at) => at.remove("x"),
      (at) => pathsOf(at.list("")),
      (at) => at.copy?.("x", "y"),
      (at) => at.multipart?.("x"),
    ];
    for (const call of calls) {
      await expect(call(nowhere)).rejects.toMatchObject({
        kind: "Unreachable",
        retry: "never",
        message: /no such bucket/,
      });
    }
    const stranger = await open({ credential: `hmac:${server.accessKey}:wrong-secret-0123` });
    for (const call of calls) {
      const error: unknown = await call(stranger)?.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(isKind(error, "PermissionDenied")).toBe(true);
      expect(Bun.inspect(error, { depth: 20 })).not.toMatch(/wrong-secret|Signature=/);
    }
    const anonymous = await open({ anonymous: "true" });
    await expect(anonymous.stat("x")).rejects.toMatchObject({ kind: "PermissionDenied" });
    expect(anonymous.sign).toBeUndefined();
  });

  test("takes its credential from the environment or a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jcs-credentials-"));
    try {
      const file = join(directory, "credentials");
      const keys = `aws_access_key_id = ${server.accessKey}\naws_secret_access_key = ${server.secretKey}\n`;
      await writeFile(
        file,
        `[default]\naws_access_key_id = no\naws_secret_access_key = no\n[backup]\n${keys}`,
      );
      const fromFile = await open({ credential: `file:${file}#backup` });
      await fromFile.write("f", Buffer.from("x"));
      const wrongProfile = await open({ credential: `file:${file}` });
      await expect(wrongProfile.stat("f")).rejects.toMatchObject({ kind: "PermissionDenied" });
      const noProfile = await open({ credential: `file:${file}#none` });
      await expect(noProfile.stat("f")).rejects.toMatchObject({ kind: "Config" });
    } finally {
      await rm(directory, { recursive: true });
    }
    const options = new Map([
      ["endpoint", `http:127.0.0.1:${server.port}`],
      ["credential", "env"],
    ]);
    const connection = { service: "s3", name: bucket, workDirectory: "/", options };
    const environment = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey };
    const fromEnvironment = await s3.open(connection, { environment });
    stores.push(fromEnvironment);
    await fromEnvironment.write("e", Buffer.from("x"));
    await expect(s3.open(connection, { environment: {} })).rejects.toMatchObject({ kind: "Config" });
  });

  test("refuses options that make no sense", async () => {
    const wrong = [
      { part_size: "1MiB" },
      { part_concurrency: "0" },
      { sse_customer_key: "c2hvcnQ=" },
      { credential: "apikey:secret-1" },
      { credential: "env", session_token: "secret-1" },
    ];
    for (const options of wrong) {
      const error: unknown = await open(options).catch((thrown: unknown) => thrown);
      expect(isKind(error, "Usage"), JSON.stringify(options)).toBe(true);
      expect(String(error)).not.toMatch(/secret-1|c2hvcnQ/);
    }
    await expect(open({}, { bucket: "" })).rejects.toMatchObject({ kind: "Usage" });
    await expect(store.write("x".repeat(1100), new Uint8Array(1))).rejects.toMatchObject({ kind: "Usage" });
  });

  test("an upload that was thrown away by others ends as an error", async () => {
    const body = async function* (): ByteStream {
      yield randomBytes(11 * MIB);
      for (const { Key, UploadId } of await uploadsUnderWay()) {
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      }
      yield randomBytes(5 * MIB);
    };
    await expect(store.write("thrown away", body())).rejects.toThrow();
    await expect(store.stat("thrown away")).rejects.toMatchObject({ kind: "NotFound" });
  });
});

async function* chunks(bytes: Uint8Array): ByteStream {
  const step = 700_001;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

function hash(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

async function digestOf(store: Store, path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of await store.read(path)) hasher.update(chunk);
  return hasher.digest("hex");
}

async function textOf(
  store: Store,
  path: string,
  options: Parameters<Store["read"]>[1] = {},
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of await store.read(path, options)) pieces.push(chunk);
  return Buffer.concat(pieces).toString();
}

async function pathsOf(entries: AsyncIterable<ObjectMeta>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of entries) paths.push(path);
  return paths;
}

function sorted(names: readonly string[]): string[] {
  return names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/** Makes a signed request at 127.0.0.1, whatever its host is called: names below localhost need not resolve. */
function perform(
  signed: SignedRequest | undefined,
  body?: string,
): Promise<{ status: number; text: string }> {
  if (signed === undefined) throw new Error("The request was not signed");
  const url = new URL(signed.url);
  const headers = {
    ...signed.headers,
    host: url.host,
    ...(body === undefined ? {} : { "content-length": body.length }),
  };
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: url.port,
      path: url.pathname + url.search,
      method: signed.method,
      headers,
    };
    const sent = httpRequest(options, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += String(chunk);
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
