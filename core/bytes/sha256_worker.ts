import { createHash, type Hash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { WORKER_READY } from "../worker_pool.ts";
import type { HashReply, HashRequest } from "./hash_request.ts";

// The body of a hashing worker: any number of SHA-256 side by side. It is started by hash_pool.ts only.

const hashes = new Map<number, Hash>();
/** The memory of the main thread's buffer pool. */
const pooled = workerData as SharedArrayBuffer;

function reply(message: HashReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}

function answer(request: HashRequest): void {
  const { id } = request;
  if (request.kind === "cancel") {
    hashes.delete(id);
    return;
  }
  const hash = hashes.get(id) ?? createHash("sha256");
  if (request.kind === "update") {
    hashes.set(id, hash);
    hash.update(new Uint8Array(request.buffer, 0, request.bytes));
    reply({ kind: "buffer", id, buffer: request.buffer }, [request.buffer]);
  } else if (request.kind === "view") {
    hashes.set(id, hash);
    hash.update(new Uint8Array(pooled, request.offset, request.bytes));
    reply({ kind: "view", id });
  } else {
    hashes.delete(id);
    reply({ kind: "digest", id, hex: hash.digest("hex") });
  }
}

parentPort?.on("message", answer);
parentPort?.postMessage(WORKER_READY);
