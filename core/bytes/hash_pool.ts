import { Worker } from "node:worker_threads";
import { JcsError } from "../errors.ts";
import { HASH_BUFFER_BYTES } from "../limits.ts";
import type { HashReply, HashRequest } from "./hash_request.ts";

/** What a hash under way hears from its worker. */
export interface HashListener {
  /** The worker runs; requests may be sent. Called once, never during {@link HashPool.open}. */
  ready(): void;
  /** A buffer was taken in and given back to the pool. */
  taken(): void;
  digest(hex: string): void;
  /** The worker did not start (then `ready` was not called), died, or was closed. Nothing else is called afterwards. */
  failed(error: JcsError): void;
}

/** One hash under way on a worker. */
export interface HashChannel {
  /** Gives `buffer` away: it cannot be used any more. */
  update(buffer: ArrayBuffer, bytes: number): void;
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

/** One worker and the hashes on it. */
interface Lane {
  readonly worker: Worker;
  readonly listeners: Map<number, HashListener>;
  ready: boolean;
}

const SPARE_BUFFERS_MAX = 16;

/** Makes a pool of at most `workersMax` workers that run the file at `url`; each is started when it is needed first. */
export function createHashPool(options: { readonly url: URL; readonly workersMax: number }): HashPool {
  const { url, workersMax } = options;
  const lanes = new Set<Lane>();
  const spare: ArrayBuffer[] = [];
  let nextId = 0;
  // A worker that cannot be started once cannot be started twice: hashes are then made without.
  let broken = workersMax < 1;

  function start(): Lane | undefined {
    let worker: Worker;
    try {
      worker = new Worker(url);
    } catch {
      broken = true;
      return undefined;
    }
    const lane: Lane = { worker, listeners: new Map(), ready: false };
    worker.on("message", (reply: HashReply) => hear(lane, reply));
    worker.on("error", (error: unknown) => die(lane, "it died", error));
    worker.on("exit", () => die(lane, "it ended"));
    lanes.add(lane);
    return lane;
  }

  function hear(lane: Lane, reply: HashReply): void {
    if (reply.kind === "ready") {
      lane.ready = true;
      for (const listener of lane.listeners.values()) listener.ready();
      return;
    }
    const listener = lane.listeners.get(reply.id);
    if (reply.kind === "buffer") {
      giveBuffer(reply.buffer);
      listener?.taken();
    } else {
      leave(lane, reply.id);
      listener?.digest(reply.hex);
    }
  }

  function die(lane: Lane, state: string, cause?: unknown): void {
    if (!lanes.has(lane)) return;
    if (!lane.ready) broken = true;
    fail(lane, state, cause);
  }

  function fail(lane: Lane, state: string, cause?: unknown): void {
    lanes.delete(lane);
    const error = new JcsError("Unexpected", `Cannot hash on a worker thread: ${state}`, { cause });
    const listeners = [...lane.listeners.values()];
    lane.listeners.clear();
    for (const listener of listeners) listener.failed(error);
  }

  function leave(lane: Lane, id: number): void {
    lane.listeners.delete(id);
    if (lane.listeners.size === 0) lane.worker.unref();
  }

  function giveBuffer(buffer: ArrayBuffer): void {
    if (spare.length < SPARE_BUFFERS_MAX) spare.push(buffer);
  }

  return {
    open(listener) {
      if (broken) return undefined;
      const [least] = [...lanes].sort((one, other) => one.listeners.size - other.listeners.size);
      const idle = least !== undefined && (least.listeners.size === 0 || lanes.size >= workersMax);
      const lane = idle ? least : start();
      if (lane === undefined) return undefined;
      const id = nextId++;
      lane.listeners.set(id, listener);
      lane.worker.ref();
      if (lane.ready) queueMicrotask(() => lane.listeners.get(id)?.ready());
      const send = (request: HashRequest, transfer: ArrayBuffer[] = []) => {
        if (lane.listeners.has(id)) lane.worker.postMessage(request, transfer);
      };
      return {
        update: (buffer, bytes) => send({ kind: "update", id, buffer, bytes }, [buffer]),
        digest: () => send({ kind: "digest", id }),
        cancel() {
          send({ kind: "cancel", id });
          leave(lane, id);
        },
      };
    },
    takeBuffer: () => spare.pop() ?? new ArrayBuffer(HASH_BUFFER_BYTES),
    giveBuffer,
    async close() {
      spare.length = 0;
      const open = [...lanes];
      for (const lane of open) fail(lane, "it was closed");
      await Promise.all(open.map((lane) => lane.worker.terminate()));
    },
  };
}
