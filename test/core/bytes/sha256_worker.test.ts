import { createHash } from "node:crypto";
import { on } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { HashReply, HashRequest } from "../../../core/bytes/hash_request.ts";
import { WORKER_READY } from "../../../core/worker_pool.ts";

test("keeps hashes apart, gives buffers back, and forgets what was cancelled", async () => {
  const pooled = new SharedArrayBuffer(16);
  new Uint8Array(pooled).set(new TextEncoder().encode("...views..."));
  const worker = new Worker(new URL("../../../core/bytes/sha256_worker.ts", import.meta.url), {
    workerData: pooled,
  });
  try {
    const replies = on(worker, "message");
    const send = (request: HashRequest) =>
      worker.postMessage(request, request.kind === "update" ? [request.buffer] : []);
    const update = (id: number, text: string): HashRequest => {
      const buffer = new ArrayBuffer(16);
      new Uint8Array(buffer).set(new TextEncoder().encode(text));
      return { kind: "update", id, buffer, bytes: text.length };
    };
    send(update(1, "forgotten"));
    send(update(2, "kept "));
    send({ kind: "cancel", id: 1 });
    send(update(1, "anew"));
    send(update(2, "whole"));
    send({ kind: "digest", id: 1 });
    send({ kind: "digest", id: 2 });
    send({ kind: "digest", id: 3 });
    send({ kind: "view", id: 4, offset: 3, bytes: 5 });
    send({ kind: "digest", id: 4 });
    const seen: string[] = [];
    for await (const [reply] of replies as AsyncIterable<[HashReply | typeof WORKER_READY]>) {
      if (reply === WORKER_READY) seen.push(reply);
      else if (reply.kind === "buffer") seen.push(`buffer ${reply.id} ${reply.buffer.byteLength}`);
      else if (reply.kind === "view") seen.push(`view ${reply.id}`);
      else seen.push(`${reply.id} ${reply.hex}`);
      if (seen.length === 10) break;
    }
    const hex = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(seen).toEqual([
      "ready",
      ...["buffer 1 16", "buffer 2 16", "buffer 1 16", "buffer 2 16"],
      ...[`1 ${hex("anew")}`, `2 ${hex("kept whole")}`, `3 ${hex("")}`],
      ...["view 4", `4 ${hex("views")}`],
    ]);
  } finally {
    await worker.terminate();
  }
});
