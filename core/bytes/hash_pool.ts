import { giveBack, poolMemory } from "../../ioswitch/buffer_pool.ts";
import { JcsError } from "../errors.ts";
import { HASH_BUFFER_BYTES } from "../limits.ts";
import { createWorkerPool } from "../worker_pool.ts";
import type { HashReply, HashRequest } from "./hash_request.ts";

/** What a hash under way hears from its worker. */
export interface HashListener {
  /** The worker runs; requests may be sent. Called once, never during {@link HashPool.open}. */
  ready(): void;
  /** A buffer or view was taken in and given back to its pool. */
  taken(): void;
  digest(hex: string): void;
  /** The worker did not start (then `ready` was not called), died, or was closed. Nothing else is called afterwards. */
  failed(error: JcsError): void;
}

/** One hash under way on a worker. */
export interface HashChannel {
  /** Gives `buffer` away: it cannot be used any more. */
  update(buffer: ArrayBuffer, bytes: number): void;
  /** Lends a chunk of the buffer pool, which is the caller's no more: it is given back when the worker has taken it in. */
  updateView(chunk: Uint8Array): void;
  /** Asks for the digest, which comes by the listener and closes the channel. */
  digest(): void;
  /** Forgets the hash. */
  cancel(): void;
}

/** Worker threads that hash, shared by all hashes of a process. Idle ones do not keep the process alive. */
export interface HashPool {
  /** Starts a hash on the worker with the fewest; `undefined` when workers cannot be had here. */
  open(listener: HashListener): HashChannel | undefined;
  /** A buffer of {@link HASH_BUFFER_BYTES}, used before or new. */
  takeBuffer(): ArrayBuffer;
  /** Keeps a buffer for the next hash. */
  giveBuffer(buffer: ArrayBuffer): void;
  /** Ends all workers. Hashes under way fail; the next `open` starts anew. */
  close(): Promise<void>;
}

const SPARE_BUFFERS_MAX = 16;

/** Makes a pool of at most `workersMax` workers that run the file at `url`; each is started when it is needed first. */
export function createHashPool(options: { readonly url: URL; readonly workersMax: number }): HashPool {
  const spare: ArrayBuffer[] = [];
  /** Chunks that workers are reading, by hash, oldest first. */
  const lent = new Map<number, Uint8Array[]>();
  const workers = createWorkerPool<HashRequest, HashReply>({
    ...options,
    workerData: poolMemory().buffer,
    // Bytes also come back from hashes that were cancelled meanwhile.
    onReply(reply) {
      if (reply.kind === "buffer") giveBuffer(reply.buffer);
      if (reply.kind === "view") returnViews(reply.id, 1);
    },
  });

  function returnViews(id: number, count: number): void {
    const views = lent.get(id) ?? [];
    for (const view of views.splice(0, count)) giveBack(view);
    if (views.length === 0) lent.delete(id);
  }

  function giveBuffer(buffer: ArrayBuffer): void {
    if (spare.length < SPARE_BUFFERS_MAX) spare.push(buffer);
  }

  return {
    open(listener) {
      const channel = workers.open({
        ready: () => listener.ready(),
        reply(reply) {
          if (reply.kind !== "digest") {
            listener.taken();
          } else {
            channel?.close();
            listener.digest(reply.hex);
          }
        },
        failed(state, cause) {
          if (channel !== undefined) returnViews(channel.id, Number.POSITIVE_INFINITY);
          listener.failed(new JcsError("Unexpected", `Cannot hash on a worker thread: ${state}`, { cause }));
        },
      });
      if (channel === undefined) return undefined;
      const { id } = channel;
      return {
        update: (buffer, bytes) => channel.send({ kind: "update", id, buffer, bytes }, [buffer]),
        updateView(chunk) {
          lent.set(id, [...(lent.get(id) ?? []), chunk]);
          channel.send({ kind: "view", id, offset: chunk.byteOffset, bytes: chunk.length });
        },
        digest: () => channel.send({ kind: "digest", id }),
        cancel() {
          if (channel.isReady) channel.send({ kind: "cancel", id });
          channel.close();
        },
      };
    },
    takeBuffer: () => spare.pop() ?? new ArrayBuffer(HASH_BUFFER_BYTES),
    giveBuffer,
    async close() {
      spare.length = 0;
      await workers.close();
    },
  };
}
