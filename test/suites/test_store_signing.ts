import { request } from "node:http";
import { expect, test } from "vitest";
import type { SignedRequest } from "../../core/store/store.ts";
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
    expect((await send(await store.sign("remove", path, options))).status).toBeLessThan(300);
    expect(await listPaths(store, folder)).toEqual([]);
  });
}

async function send(
  signed: SignedRequest,
  body: Uint8Array = new Uint8Array(),
): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  return await new Promise((resolve, reject) => {
    const { method, headers, url } = signed;
    const length = method === "PUT" ? { "content-length": String(body.length) } : {};
    const outgoing = request(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const chunks: Uint8Array[] = [];
      answer.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
