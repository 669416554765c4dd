import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import {
  encodePath,
  s3Signer,
  type UnsignedRequest,
} from "../../../../../core/store/services/s3/s3_signature.ts";

/** The examples of Amazon's documentation of the signature. */
const IDENTITY = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const NOW = new Date("2013-05-24T00:00:00Z");
const HOST = "examplebucket.s3.amazonaws.com";

test.each<[string, Partial<UnsignedRequest>, string | undefined, string]>([
  [
    "a range of an object",
    { path: "/test.txt", headers: { host: HOST, range: "bytes=0-9" } },
    undefined,
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "a body",
    {
      method: "PUT",
      path: encodePath("/test$file.text"),
      headers: {
        host: HOST,
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
    },
    "Welcome to Amazon S3.",
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "a query that is a name alone",
    { path: "/", query: { lifecycle: "" } },
    undefined,
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "a list",
    { path: "/", query: { prefix: "J", "max-keys": "2" } },
    undefined,
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
])("signs %s as Amazon's documentation does", (_, request, body, signature) => {
  const signed = s3Signer("us-east-1").signHeaders(
    { method: "GET", path: "/", query: {}, headers: { host: HOST }, ...request },
    { identity: IDENTITY, now: NOW, body: body === undefined ? undefined : Buffer.from(body) },
  );
  expect(signed["authorization"]).toMatch(new RegExp(`, Signature=${signature}$`));
});

test("signs a URL as Amazon's documentation does", () => {
  const query = s3Signer("us-east-1").signQuery(
    { method: "GET", path: "/test.txt", query: {}, headers: { host: HOST } },
    { identity: IDENTITY, now: NOW, expiresInSeconds: 86_400 },
  );
  expect(query).toMatch(/&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
});

const KEYS = ["plain", "a b/ü +%", "~!*'()/=&?#", "日本/😀", "..a//b\u0001", "x".repeat(500)];

test.each(KEYS)("signs URLs of key %j as Amazon's library does", async (key) => {
  const identity = { ...IDENTITY, sessionToken: "token/+= 1" };
  const client = new S3Client({ region: "eu-west-3", credentials: identity });
  const target = { Bucket: "bucket-1", Key: key };
  const headers = { "x-amz-storage-class": "STANDARD_IA", "content-length": "5" };
  const named = new Set(Object.keys(headers));
  const cases = [
    { method: "GET", command: new GetObjectCommand(target), own: {} },
    {
      method: "PUT",
      command: new PutObjectCommand({ ...target, StorageClass: "STANDARD_IA", ContentLength: 5 }),
      own: headers,
    },
    { method: "POST", command: new CreateMultipartUploadCommand(target), own: {} },
  ];
  try {
    for (const { method, command, own } of cases) {
      // The library's type of commands does not fit several of them at once.
      const url = new URL(
        await getSignedUrl(client, command as GetObjectCommand, {
          expiresIn: 60,
          signingDate: NOW,
          unhoistableHeaders: named,
          signableHeaders: new Set(["host", ...Object.keys(own)]),
        }),
      );
      const theirs = Object.fromEntries(url.searchParams);
      const { "X-Amz-Signature": signature } = theirs;
      const query = Object.fromEntries(Object.entries(theirs).filter(([name]) => !name.startsWith("X-Amz-")));
      const unsigned = {
        method,
        path: encodePath(`/${key}`),
        // A parameter of theirs that need not be there, and is signed when it is.
        query: { ...query, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
        headers: { host: url.host, ...own },
      };
      const ours = s3Signer("eu-west-3").signQuery(unsigned, { identity, now: NOW, expiresInSeconds: 60 });
      expect(url.pathname, method).toBe(unsigned.path);
      expect(new URLSearchParams(ours).get("X-Amz-Signature"), method).toBe(signature);
    }
  } finally {
    client.destroy();
  }
});

test("signs with the key of the day and of the identity, whoever signed before", () => {
  const signer = s3Signer("us-east-1");
  const request = { method: "GET", path: "/", query: {}, headers: { host: HOST } };
  const other = { accessKeyId: "B", secretAccessKey: "C" };
  const sign = (identity: typeof IDENTITY, now: Date, by = signer) =>
    by.signHeaders(request, { identity, now })["authorization"];
  const nextDay = new Date("2013-05-25T00:00:00Z");
  for (const [identity, now] of [
    [IDENTITY, NOW],
    [other, NOW],
    [other, nextDay],
    [IDENTITY, NOW],
  ] as const) {
    expect(sign(identity, now)).toBe(sign(identity, now, s3Signer("us-east-1")));
  }
});
