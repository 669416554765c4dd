import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { expect, test } from "vitest";
import type { MultipartStep, SignedRequest } from "../../core/store/store.ts";
import { listPaths, pattern, readAll, type StoreBench, sameBytes } from "./store_bench.ts";

/** Cases of signed requests; the service must listen on plain HTTP. */
export function testStoreSigning(bench: () => StoreBench): void {
  test("signed requests read, write and remove without credentials", async () => {
    const { store, folder } = bench();
    if (store.sign === undefined) return;
    const path = `${folder}signed object+%é`;
    const options = { expiresInSeconds: 300 };
    const before = Date.now();
    const write = await store.sign("write", path, { ...options, size: 1000 });
    expect(write.expiresAt.getTime()).toBeGreaterThan(before + 200_000);
    expect(write.expiresAt.getTime()).toBeLessThan(before + 400_000);
    expect((await send(write, pattern(1000))).status).toBeLessThan(300);
    expect(sameBytes(await readAll(store, path), pattern(1000))).toBe(true);
    const answer = await send(await store.sign("read", path, options));
    expect(answer.status).toBe(200);
    expect(sameBytes(answer.body, pattern(1000))).toBe(true);
    const remove = await store.sign("remove", path, options).catch((error: unknown) => {
      // Not every service that signs can do it for all operations.
      expect(error).toMatchObject({ kind: "Unsupported" });
    });
    if (remove === undefined) return;
    expect((await send(remove)).status).toBeLessThan(300);
    expect(await listPaths(store, folder)).toEqual([]);
  });

  test("signed uploads in parts begin, list, complete and abort without credentials", async () => {
    const { store, folder } = bench();
    if (store.signMultipart === undefined) return;
    const signMultipart = store.signMultipart.bind(store);
    const path = `${folder}signed object+%é`;
    const contents = [pattern(PART_BYTES, 1), pattern(PART_BYTES, 2), pattern(17, 3)];
    const sendStep = async (step: MultipartStep, bytes?: Uint8Array) => {
      const signed = await signMultipart(path, step, { expiresInSeconds: 300 });
      if (signed === undefined) return undefined;
      const answer = await send(signed, bytes);
      expect(answer.status, `${step.step} ${Buffer.from(answer.body)}`).toBeLessThan(300);
      return answer;
    };
    const begin = async () => {
      const answer = await sendStep({ step: "create" });
      const said = Buffer.from(answer?.body ?? []).toString();
      return answer === undefined
        ? randomBytes(16).toString("hex")
        : (/<UploadId>([^<]+)</.exec(said)?.[1] ?? "");
    };

    const uploadId = await begin();
    const tags = new Map<string, string>();
    for (const number of [3, 1, 2]) {
      const content = contents[number - 1] ?? new Uint8Array();
      const answer = await sendStep({ step: "part", uploadId, number, size: content.length }, content);
      tags.set(`{etag:${number}}`, answer?.etag ?? "");
    }
    expect(await listPaths(store, folder)).toEqual([]);
    const listed = Buffer.from((await sendStep({ step: "list", uploadId }))?.body ?? []).toString();
    expect(listed.match(/<Size>(\d+)</g)).toHaveLength(3);
    const completing = await signMultipart(
      path,
      { step: "complete", uploadId, numbers: [3, 1, 2] },
      { expiresInSeconds: 300 },
    );
    const body = completing?.body?.replace(/\{etag:\d+\}/g, (place) => tags.get(place) ?? place) ?? "";
    if (completing === undefined) throw new Error("an upload is completed by a request");
    const completed = await send(completing, Buffer.from(body));
    expect(completed.status, Buffer.from(completed.body).toString()).toBeLessThan(300);
    expect(sameBytes(await readAll(store, path), Buffer.concat(contents))).toBe(true);

    const aborted = await begin();
    await sendStep({ step: "part", uploadId: aborted, number: 1 }, contents[2]);
    await sendStep({ step: "abort", uploadId: aborted });
    expect(sameBytes(await readAll(store, path), Buffer.concat(contents))).toBe(true);
    for (const number of [0, 0.5, 1_000_000]) {
      await expect(
        signMultipart(path, { step: "part", uploadId, number }, { expiresInSeconds: 300 }),
      ).rejects.toMatchObject({ kind: "Usage" });
    }
    await expect(
      signMultipart(path, { step: "list", uploadId: "" }, { expiresInSeconds: 300 }),
    ).rejects.toMatchObject({ kind: "Usage" });
  });
}

/** No service wants parts but the last to be larger than this at the least. */
const PART_BYTES = 5 * 1024 * 1024;

async function send(
  signed: SignedRequest,
  body: Uint8Array = new Uint8Array(),
): Promise<{ readonly status: number; readonly body: Uint8Array; readonly etag: string | undefined }> {
  return await new Promise((resolve, reject) => {
    const { method, headers, url } = signed;
    const length = method === "PUT" || method === "POST" ? { "content-length": String(body.length) } : {};
    const outgoing = request(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const chunks: Uint8Array[] = [];
      answer.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      answer.on("end", () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, body: Buffer.concat(chunks), etag: headers.etag });
      });
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
