import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, expect, test } from "vitest";
import type { ByteStream } from "../../../../core/bytes/byte_stream.ts";
import { JcsError } from "../../../../core/errors.ts";
import type { Interception } from "../../../servers/http_interceptor.ts";
import { openS3 } from "../../../servers/open_s3.ts";
import { createBucket, type Radosgw, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { storesThrough } from "../../../servers/stores_through.ts";

const MIB = 1024 * 1024;
const SMALL_PARTS = { part_size: "5MiB", multipart_threshold: "5MiB" };

requireServer("radosgw")("s3 when things go wrong", () => {
  let server: Radosgw;
  let bucket: string;
  const { closing, through, proxied, intercepted } = storesThrough(() => ({
    port: server.port,
    open: (port, options) => openS3({ server, bucket, port, options: { ...SMALL_PARTS, ...options } }),
  }));
  /** Uploads of "x"; one whose beginning was never answered has no id that anybody here could know. */
  const uploadsUnderWay = async () => {
    const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
    const client = new S3Client({
      endpoint: server.endpoint,
      region: "x",
      forcePathStyle: true,
      credentials,
    });
    try {
      const { Uploads: uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      return uploads.filter(({ Key: key }) => key?.endsWith("/x"));
    } finally {
      client.destroy();
    }
  };

  beforeAll(async () => {
    server = await radosgw();
    bucket = await createBucket(server);
  });

  test("a name that does not resolve is Unreachable", async () => {
    const store = await through(1, { endpoint: "http:no-such-host.invalid:80" });
    await expect(store.stat("x")).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
      message: /ENOTFOUND|EAI_AGAIN/,
    });
  });

  test("a stream in parts can be cancelled while the server hangs", async () => {
    const { proxy, store } = await proxied();
    await proxy.set({ kind: "hang", afterBytes: 0 });
    const writing = store.write("y", twoParts(), { signal: AbortSignal.timeout(100) });
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
  });

  test("sends a part of a stream again when its connection breaks", async () => {
    let broken = 0;
    const { store } = await intercepted((line) => {
      if (!line.includes("partNumber=2&") || broken === 2) return "pass";
      broken += 1;
      return broken === 1 ? "lose answer" : { status: 503, body: errorBody("SlowDown") };
    });
    const meta = await store.write("x", twoParts());
    expect(broken).toBe(2);
    expect((await store.stat("x")).size).toBe(meta.size ?? -1);
  });

  test("gives up after a few tries and throws the parts away", async () => {
    const { store, interceptor } = await intercepted((line) =>
      line.includes("partNumber=2&") ? { status: 500, body: errorBody("InternalError") } : "pass",
    );
    await expect(store.write("x", twoParts())).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "exhausted",
    });
    expect(interceptor.requests.filter((line) => line.includes("partNumber=2&"))).toHaveLength(4);
    expect(await uploadsUnderWay()).toEqual([]);
    await expect(store.stat("x")).rejects.toMatchObject({ kind: "NotFound" });
  });

  test("leaves trying again to the retry layer when it was given bytes", async () => {
    const { store, interceptor } = await intercepted((line) =>
      line.startsWith("PUT") ? { status: 500, body: errorBody("InternalError") } : "pass",
    );
    await expect(store.write("x", Buffer.from("x"))).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
    expect(interceptor.requests).toHaveLength(1);
  });

  test("knows its own object when the answer to the last request was lost", async () => {
    const gone = { status: 404, body: errorBody("NoSuchUpload") };
    const taken = { status: 412, body: errorBody("PreconditionFailed") };
    for (const [second, ifAbsent] of [
      ["pass", false],
      [gone, false],
      [taken, true],
    ] as const) {
      let completed = 0;
      const { store } = await intercepted((line) => {
        if (!/^POST .*\?uploadId=/.test(line)) return "pass";
        completed += 1;
        return completed === 1 ? "lose answer" : second;
      });
      const meta = await store.write("x", twoParts(), { ifAbsent });
      expect(completed).toBe(2);
      expect(await store.stat("x")).toMatchObject({ size: meta.size });
      expect(await uploadsUnderWay()).toEqual([]);
    }
  });

  test("does not take another's object for its own", async () => {
    let completed = 0;
    const { store } = await intercepted((line) => {
      if (!/^POST .*\?uploadId=/.test(line)) return "pass";
      completed += 1;
      return completed === 1 ? { status: 500 } : { status: 404, body: errorBody("NoSuchUpload") };
    });
    const direct = await openS3({ server, bucket, workDirectory: store.info.workDirectory });
    closing.push(() => direct.close());
    const old = randomBytes(9 * MIB);
    await direct.write("x", old);
    await expect(store.write("x", twoParts())).rejects.toMatchObject({ kind: "NotFound" });
    expect((await store.stat("x")).size).toBe(old.length);
  });

  test("says what the service's answers mean", async () => {
    const cases: readonly [Exclude<Interception, string>, Record<string, unknown>][] = [
      [
        { status: 503, headers: { "retry-after": "7" }, body: errorBody("SlowDown") },
        { kind: "Throttled", retry: "later", retryAfterMs: 7000 },
      ],
      [
        { status: 500, body: errorBody("InternalError") },
        { kind: "Unreachable", retry: "later" },
      ],
      [
        { status: 502, body: "<html>Bad gateway</html>" },
        { kind: "Unreachable", retry: "later" },
      ],
      [
        { status: 403, body: errorBody("AccessDenied") },
        { kind: "PermissionDenied", retry: "never", message: /status 403 \(AccessDenied\)$/ },
      ],
      [
        {
          status: 403,
          body: errorBody("RequestTimeTooSkewed"),
          headers: { date: "Sat, 01 Jan 2022 00:00:00 GMT" },
        },
        { kind: "PermissionDenied", message: /clock of this machine/ },
      ],
      [
        { status: 400, body: errorBody("RequestTimeout") },
        { kind: "TimedOut", retry: "later" },
      ],
      [
        { status: 400, body: errorBody("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>") },
        { kind: "Config", message: /is in region "eu-west-1"; set region=eu-west-1/ },
      ],
      [
        {
          status: 301,
          headers: { "x-amz-bucket-region": "eu-west-2" },
          body: errorBody("PermanentRedirect"),
        },
        { kind: "Config", message: /set region=eu-west-2/ },
      ],
      [
        { status: 400, body: errorBody("InvalidStorageClass") },
        { kind: "Usage", message: /does not know the storage class$/ },
      ],
      [
        { status: 400, body: "<Error><Code>InvalidArgument</Code></Error>" },
        { kind: "Unexpected", message: /status 400 \(InvalidArgument\)$/ },
      ],
      [
        { status: 404, body: errorBody("NoSuchBucket") },
        { kind: "Unreachable", retry: "never" },
      ],
      [
        { status: 404, body: errorBody("NoSuchKey") },
        { kind: "NotFound", retry: "never" },
      ],
    ];
    let answer: Interception = "pass";
    const { store } = await intercepted(() => answer);
    for (const [given, meant] of cases) {
      answer = given;
      const error = await store.read("x").then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error, JSON.stringify(given)).toBeInstanceOf(JcsError);
      expect(error, JSON.stringify(given)).toMatchObject(
        Object.fromEntries(
          Object.entries(meant).map(([key, value]) => [
            key,
            value instanceof RegExp ? expect.stringMatching(value) : value,
          ]),
        ),
      );
    }
    // The answer to HEAD has no body: what it means is in its headers.
    answer = { status: 301, headers: { "x-amz-bucket-region": "eu-west-2" } };
    await expect(store.stat("x")).rejects.toMatchObject({ kind: "Config" });
    answer = { status: 400, headers: { "x-amz-bucket-region": "eu-west-2" } };
    await expect(store.stat("x")).rejects.toMatchObject({ kind: "Config", message: /set region=eu-west-2/ });
    answer = { status: 400, headers: { "x-amz-bucket-region": "us-east-1" } };
    await expect(store.stat("x")).rejects.toMatchObject({ kind: "Unexpected" });
    answer = { status: 403, headers: { date: "Sat, 01 Jan 2022 00:00:00 GMT" } };
    await expect(store.stat("x")).rejects.toMatchObject({ message: /clock of this machine/ });
  });

  test("a failure that comes with status 200 is a failure", async () => {
    const late = (code: string) => ({ status: 200, body: `\n\n ${errorBody(code)}` });
    let answer: Exclude<Interception, string> = late("InternalError");
    const { store } = await intercepted((line) =>
      /^PUT .*\/copied\b/.test(line) || /^POST .*\?uploadId=/.test(line) ? answer : "pass",
    );
    await store.write("source", Buffer.from("x"));
    const upload = await store.multipart?.("joined");
    const part = await upload?.part(1, Buffer.from("x"), { size: 1 });
    const tries = [
      () => store.copy?.("source", "copied"),
      () => upload?.complete(part === undefined ? [] : [part]),
    ];
    for (const attempt of tries) {
      answer = late("InternalError");
      await expect(attempt()).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
      answer = late("SlowDown");
      await expect(attempt()).rejects.toMatchObject({ kind: "Throttled", retry: "later" });
      for (const body of ["", "<html>", "<Other/>"]) {
        answer = { status: 200, body };
        await expect(attempt(), body).rejects.toMatchObject({ kind: "Unexpected" });
      }
    }
    await upload?.abort();
    for (const path of ["copied", "joined"]) {
      await expect(store.stat(path)).rejects.toMatchObject({ kind: "NotFound" });
    }
  });

  test("names the way out where a service has no conditional writes", async () => {
    const { store } = await intercepted((line) =>
      line.startsWith("PUT") ? { status: 501, body: errorBody("NotImplemented") } : "pass",
    );
    await expect(store.write("x", Buffer.from("x"), { ifAbsent: true })).rejects.toMatchObject({
      kind: "Unsupported",
      message: /conditional_writes=false/,
    });
  });

  test("says how new objects are to be kept, with every request that makes one", async () => {
    const created = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
    const { store, interceptor } = await intercepted(
      (line) => ({
        status: 200,
        headers: { etag: '"0123456789abcdef0123456789abcdef"', "content-type": "application/xml" },
        body: line.startsWith("POST") ? created : "",
      }),
      {
        storage_class: "STANDARD_IA",
        server_side_encryption: "aws:kms",
        sse_kms_key_id: "key-1",
        sse_bucket_key: "true",
        session_token: "token-1",
        expected_bucket_owner: "123456789012",
      },
    );
    await store.write("x", Buffer.from("x"), { metadata: { note: "1" }, contentType: "text/plain" });
    await (await store.multipart?.("y"))?.part(1, Buffer.from("y"), { size: 1 });
    const [put, create, part] = interceptor.headers;
    for (const headers of [put, create]) {
      expect(headers).toMatchObject({
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
      });
    }
    for (const headers of [put, create, part]) {
      expect(headers).toMatchObject({
        "x-amz-security-token": "token-1",
        "x-amz-expected-bucket-owner": "123456789012",
        authorization: expect.stringContaining("x-amz-security-token"),
      });
    }
    expect(put).toMatchObject({ "content-type": "text/plain", "x-amz-meta-note": "1" });
    for (const headers of interceptor.headers) {
      expect(Object.keys(headers).filter((name) => /checksum|trailer|content-encoding/.test(name))).toEqual(
        [],
      );
    }
  });

  test("hides secrets in errors of every kind", async () => {
    const { store } = await intercepted(() => ({ status: 403, body: errorBody("AccessDenied") }), {
      session_token: "token-secret-1",
      sse_customer_key: Buffer.alloc(32, "k").toString("base64"),
    });
    for (const call of [store.stat("x"), store.read("x"), store.write("x", twoParts())]) {
      const error = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(JcsError);
      const shown = inspect(error, { depth: 30, showHidden: true });
      for (const secret of [
        server.secretKey,
        "token-secret-1",
        Buffer.alloc(32, "k").toString("base64"),
        "Signature=",
      ]) {
        expect(shown).not.toContain(secret);
      }
    }
  });

  test("refuses a service that ignores ranges", async () => {
    const { store } = await intercepted(() => ({ status: 200, body: "everything" }));
    await expect(store.read("x", { offset: 2 })).rejects.toMatchObject({ kind: "Unsupported" });
  });
});

async function* twoParts(): ByteStream {
  for (let index = 0; index < 9; index++) yield randomBytes(1 * MIB);
}

function errorBody(code: string, more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>Text of the service.</Message>${more}</Error>`;
}
