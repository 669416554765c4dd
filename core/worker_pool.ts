import { Worker } from "node:worker_threads";

/** What one task under way hears from its worker. */
export interface WorkerListener<Reply> {
  /** The worker runs; requests may be sent. Called once, never during {@link WorkerPool.open}. */
  ready(): void;
  reply(message: Reply): void;
  /** The worker did not start (then `ready` was not called), died, or was closed. Nothing else is called afterwards. */
  failed(state: string, cause?: unknown): void;
}

/** One task under way on a worker. */
export interface WorkerChannel<Request> {
  /** Stands in every request and every reply of this task. */
  readonly id: number;
  /** Whether the worker runs; before that, nothing may be sent. */
  readonly isReady: boolean;
  /** Sends a request, giving `transfer` away. Nothing happens once the channel has ended. */
  send(request: Request, transfer?: readonly ArrayBuffer[]): void;
  /** Ends the task: its listener hears nothing more. A second call does nothing. */
  close(): void;
}

/** Worker threads of one kind, shared by all tasks of a process. Idle ones do not keep the process alive. */
export interface WorkerPool<Request, Reply> {
  /** Starts a task on the worker with the fewest, a new worker where all have some and there may be more; `undefined` when workers cannot
   *  be had here. */
  open(listener: WorkerListener<Reply>): WorkerChannel<Request> | undefined;
  /** Ends all workers. Tasks under way fail; the next `open` starts anew. */
  close(): Promise<void>;
}

/** What {@link createWorkerPool} needs. */
export interface WorkerPoolOptions<Reply> {
  /** The program. It posts {@link WORKER_READY} when it listens, and afterwards replies only. */
  readonly url: URL;
  readonly workersMax: number;
  /** What each worker finds as its `workerData`. */
  readonly workerData?: unknown;
  /** Hears each reply before its task does, and also when that has ended. */
  readonly onReply?: (reply: Reply) => void;
}

/** The first message of every worker. */
export const WORKER_READY = "ready";

/** One worker and the tasks on it. */
interface Lane<Reply> {
  readonly worker: Worker;
  readonly listeners: Map<number, WorkerListener<Reply>>;
  isReady: boolean;
}

/** Makes a pool; each worker is started when it is needed first. One that does not start is not tried again: tasks are then done without. */
export function createWorkerPool<Request, Reply extends { readonly id: number }>(
  options: WorkerPoolOptions<Reply>,
): WorkerPool<Request, Reply> {
  const { url, workersMax, workerData, onReply } = options;
  const lanes = new Set<Lane<Reply>>();
  let nextId = 0;
  let isBroken = workersMax < 1;

  function start(): Lane<Reply> | undefined {
    let worker: Worker;
    try {
      worker = new Worker(url, { workerData });
    } catch {
      isBroken = true;
      return undefined;
    }
    const lane: Lane<Reply> = { worker, listeners: new Map(), isReady: false };
    worker.on("message", (message: Reply | typeof WORKER_READY) => hear(lane, message));
    worker.on("error", (error: unknown) => die(lane, "it died", error));
    worker.on("exit", () => die(lane, "it ended"));
    lanes.add(lane);
    return lane;
  }

  function hear(lane: Lane<Reply>, message: Reply | typeof WORKER_READY): void {
    if (message === WORKER_READY) {
      lane.isReady = true;
      for (const listener of lane.listeners.values()) listener.ready();
      return;
    }
    onReply?.(message);
    lane.listeners.get(message.id)?.reply(message);
  }

  function die(lane: Lane<Reply>, state: string, cause?: unknown): void {
    if (!lanes.has(lane)) return;
    if (!lane.isReady) isBroken = true;
    fail(lane, state, cause);
  }

  function fail(lane: Lane<Reply>, state: string, cause?: unknown): void {
    lanes.delete(lane);
    const listeners = [...lane.listeners.values()];
    lane.listeners.clear();
    for (const listener of listeners) listener.failed(state, cause);
  }

  function choose(): Lane<Reply> | undefined {
    let least: Lane<Reply> | undefined;
    for (const lane of lanes) {
      if (least === undefined || lane.listeners.size < least.listeners.size) least = lane;
    }
    const isEnough = least !== undefined && (least.listeners.size === 0 || lanes.size >= workersMax);
    return isEnough ? least : start();
  }

  return {
    open(listener) {
      const lane = isBroken ? undefined : choose();
      if (lane === undefined) return undefined;
      const { listeners, worker } = lane;
      const id = nextId++;
      if (listeners.size === 0) worker.ref();
      listeners.set(id, listener);
      if (lane.isReady) queueMicrotask(() => listeners.get(id)?.ready());
      return {
        id,
        get isReady() {
          return lane.isReady;
        },
        send(request, transfer = []) {
          if (listeners.has(id)) worker.postMessage(request, transfer);
        },
        close() {
          if (listeners.delete(id) && listeners.size === 0) worker.unref();
        },
      };
    },
    async close() {
      const open = [...lanes];
      for (const lane of open) fail(lane, "it was closed");
      await Promise.all(open.map((lane) => lane.worker.terminate()));
    },
  };
}
