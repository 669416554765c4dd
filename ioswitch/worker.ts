import { BORDER, type Border } from "./border.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { NodeRun } from "./node_run.ts";
import type { OpTable } from "./op_table.ts";
import { overlayServices } from "./overlay_services.ts";
import { offerStream, offerValue, type Parcel, takeStream, takeValue } from "./parcel.ts";
import { DRIVER, type NodeId } from "./plan.ts";
import type { OpReport } from "./report.ts";
import type { Services } from "./services.ts";
import type { Address, CallOptions, NodePlan, RunId, Transport } from "./transport.ts";
import { verifyRunnable } from "./verify.ts";

/** A node other than the driver: the receiving side of a {@link Transport}, whose calls it answers one for one. */
export interface Worker {
  readonly node: NodeId;
  /** Runs `plan`. Rejects when it is not runnable here, fails or is cancelled. */
  execute(plan: NodePlan, options?: CallOptions): Promise<readonly OpReport[]>;
  offerStream(address: Address, stream: ByteStream, options?: CallOptions): Promise<void>;
  offerValue(address: Address, value: Json, options?: CallOptions): Promise<void>;
  takeStream(address: Address, options?: CallOptions): Promise<ByteStream>;
  takeValue(address: Address, options?: CallOptions): Promise<Json>;
  /** Stops a run, also one whose plan has not arrived. */
  cancel(run: RunId, reason: string): void;
  /** Stops all runs and waits for them. */
  close(): Promise<void>;
}

/** What a worker needs. */
export interface WorkerOptions {
  readonly node: NodeId;
  readonly table: OpTable;
  readonly services: Services;
  /** How this worker reaches other workers. */
  readonly transport: Transport;
  /** How long ops that were told to stop may take; 10 s unless given. */
  readonly graceMs?: number;
  /** How long streams and values wait for the plan that wants them; 60 s unless given. */
  readonly parkMs?: number;
}

interface WorkerRun {
  readonly mailbox: Mailbox<Parcel>;
  nodeRun?: NodeRun;
  expiry?: ReturnType<typeof setTimeout>;
}

/** So many runs that have ended are remembered, so that what arrives late for them is turned away and not kept. */
const ENDED_RUNS_MAX = 10_000;

/** Makes a worker without any run. */
export function createWorker(options: WorkerOptions): Worker {
  const { node, table, transport, graceMs = 10_000, parkMs = 60_000 } = options;
  const runs = new Map<RunId, WorkerRun>();
  const ended = new Set<RunId>();

  function runOf(id: RunId): WorkerRun {
    const known = runs.get(id);
    if (known !== undefined) return known;
    const run: WorkerRun = { mailbox: createMailbox() };
    if (ended.has(id)) {
      run.mailbox.close();
      return run;
    }
    run.expiry = setTimeout(() => {
      endRun(id, {
        error: new Error(`Cannot run plan ${id} at node "${node}": it did not arrive in ${parkMs} ms`),
      });
    }, parkMs);
    runs.set(id, run);
    return run;
  }

  function endRun(id: RunId, failure?: { readonly error: unknown }): void {
    const run = runs.get(id);
    clearTimeout(run?.expiry);
    run?.mailbox.close(failure);
    runs.delete(id);
    ended.add(id);
    if (ended.size <= ENDED_RUNS_MAX) return;
    for (const oldest of ended) {
      ended.delete(oldest);
      break;
    }
  }

  function borderOf(id: RunId, mailbox: Mailbox<Parcel>): Border {
    return {
      sendStream: (to, channel, stream, signal) =>
        to === DRIVER
          ? offerStream(mailbox, channel, { stream, signal })
          : transport.sendStream(to, { run: id, channel }, stream, { signal }),
      sendValue: (to, channel, value, signal) =>
        to === DRIVER
          ? offerValue(mailbox, channel, { value, signal })
          : transport.sendValue(to, { run: id, channel }, value, { signal }),
      receiveStream: (_from, channel, signal) => takeStream(mailbox, channel, signal),
      receiveValue: (_from, channel, signal) => takeValue(mailbox, channel, signal),
    };
  }

  return {
    node,
    async execute({ run: id, node: wanted, plan }, { signal } = {}) {
      if (wanted !== node)
        throw new Error(`Cannot run plan ${id}: it is for node "${wanted}", this is "${node}"`);
      if (ended.has(id)) throw new Error(`Cannot run plan ${id} at node "${node}": it was cancelled`);
      const run = runOf(id);
      if (run.nodeRun !== undefined)
        throw new Error(`Cannot run plan ${id} at node "${node}": it is running already`);
      clearTimeout(run.expiry);
      try {
        verifyRunnable(plan, table, { nodes: [node] });
        const services = overlayServices(options.services, BORDER, borderOf(id, run.mailbox));
        const nodeRun = new NodeRun(plan, { node, table, services, graceMs });
        run.nodeRun = nodeRun;
        nodeRun.onFail = (error) => run.mailbox.close({ error });
        const abort = () => nodeRun.fail(signal?.reason);
        signal?.addEventListener("abort", abort);
        if (signal?.aborted === true) abort();
        nodeRun.start();
        try {
          await nodeRun.done;
        } finally {
          signal?.removeEventListener("abort", abort);
        }
        endRun(id);
        return nodeRun.report();
      } catch (error) {
        endRun(id, { error });
        throw error;
      }
    },
    offerStream: ({ run, channel }, stream, callOptions = {}) =>
      offerStream(runOf(run).mailbox, channel, { stream, signal: callOptions.signal }),
    offerValue: ({ run, channel }, value, callOptions = {}) =>
      offerValue(runOf(run).mailbox, channel, { value, signal: callOptions.signal }),
    takeStream: ({ run, channel }, callOptions = {}) =>
      takeStream(runOf(run).mailbox, channel, callOptions.signal),
    takeValue: ({ run, channel }, callOptions = {}) =>
      takeValue(runOf(run).mailbox, channel, callOptions.signal),
    cancel(id, reason) {
      const error = new Error(`Cannot go on at node "${node}": the run was cancelled: ${reason}`);
      const nodeRun = runs.get(id)?.nodeRun;
      if (nodeRun === undefined) endRun(id, { error });
      else nodeRun.fail(error);
    },
    async close() {
      const running = [...runs].map(([id, { nodeRun }]) => {
        if (nodeRun === undefined) endRun(id);
        else nodeRun.fail(new Error(`Cannot go on: node "${node}" is closing`));
        return nodeRun?.done;
      });
      await Promise.allSettled(running);
    },
  };
}
