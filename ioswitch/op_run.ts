import { giveBack } from "./buffer_pool.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Json, JsonObject } from "./json.ts";
import type { OpSpec, RunContext, Sink } from "./op_spec.ts";
import { Pipe, type PipeEnd } from "./pipe.ts";
import type { NodeId, Op } from "./plan.ts";
import { messageOf } from "./plan_error.ts";
import type { OpOutcome, OpReport } from "./report.ts";
import type { Services } from "./services.ts";
import { ValueCell } from "./value_cell.ts";

/** The run that an op belongs to, as the op sees it. */
export interface OpOwner {
  readonly node: NodeId;
  readonly services: Services;
  /** How long an op that was told to stop may take before it is abandoned. */
  readonly graceMs: number;
  /** Milliseconds since the start of the run. */
  elapsedMs(): number;
  /** Called once for each op, when it has ended. `error`: it failed, and was not told to stop before. */
  opEnded(run: OpRun, error?: { readonly cause: unknown }): void;
}

/** One output port: what flows there and who makes it. */
export interface Outlet {
  readonly flow: Pipe | ValueCell;
  readonly producer: OpRun;
}

/** Thrown to an op whose outputs nobody wants any more. */
class Unwanted extends Error {
  override readonly name = "Unwanted";
  constructor() {
    super("Cannot go on: nobody wants the outputs of this op any more");
  }
}

/** One op while it runs: its {@link RunContext}, and the accounts of what it still has to deliver.
 *
 *  Liveness: `wanted` counts the consumers that an op still has. When a consumer gives up and nobody is left, an op
 *  without effect is told to stop; it gives up its own inputs, and so on upstream. Nothing else keeps running. */
export class OpRun implements RunContext {
  readonly op: Op;
  readonly spec: OpSpec;
  readonly inputs: readonly Outlet[];
  readonly outputs: Outlet[] = [];
  #wanted: number;
  #cancelled = false;
  #left = false;
  #outcome: OpOutcome = "waiting";
  #stopReason: { readonly error: unknown } | undefined;
  #controller: AbortController | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #startMs = 0;
  #endMs: number | undefined;
  #error: string | undefined;
  readonly #owner: OpOwner;

  /** `wanted` is the number of consumers of all outputs together, results included. */
  constructor(op: Op, spec: OpSpec, wiring: { inputs: readonly Outlet[]; wanted: number; owner: OpOwner }) {
    this.op = op;
    this.spec = spec;
    this.inputs = wiring.inputs;
    this.#wanted = wiring.wanted;
    this.#owner = wiring.owner;
  }

  get attrs(): JsonObject {
    return this.op.attrs;
  }

  get node(): NodeId {
    return this.#owner.node;
  }

  get services(): Services {
    return this.#owner.services;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopReason !== undefined) this.#controller.abort(this.#stopReason.error);
    }
    return this.#controller.signal;
  }

  // Ops may take these apart (`run({ stream, emit })`), hence functions of their own and no methods.
  readonly stream = (port: number): ByteStream => {
    const flow = this.inputs[port]?.flow;
    if (!(flow instanceof Pipe)) throw new Error(`Cannot read input ${port}: it is not a stream`);
    return flow;
  };

  readonly value = (port: number): Promise<Json> => {
    const flow = this.inputs[port]?.flow;
    if (!(flow instanceof ValueCell)) throw new Error(`Cannot read input ${port}: it is not a value`);
    if (this.#stopReason !== undefined && !flow.full) return Promise.reject(this.#stopReason.error);
    return flow.take(this);
  };

  readonly sink = (port: number): Sink => this.#pipe(port);

  readonly put = (port: number, value: Json): void => {
    const flow = this.outputs[port]?.flow;
    if (!(flow instanceof ValueCell)) throw new Error(`Cannot put output ${port}: it is not a value`);
    flow.put(value);
  };

  readonly emit = async (port: number, source: ByteStream): Promise<void> => {
    const pipe = this.#pipe(port);
    const iterator = source[Symbol.asyncIterator]();
    let leaving: Promise<unknown> | undefined;
    function leave(): Promise<unknown> {
      leaving ??= Promise.resolve(iterator.return?.());
      leaving.catch(ignore);
      return leaving;
    }
    // The source may be waiting for bytes that never come: it hears at once that nobody wants them.
    pipe.onCancel = leave;
    if (pipe.closed) await leave();
    try {
      for (;;) {
        const result = await iterator.next();
        if (result.done === true) break;
        if (await pipe.write(result.value)) continue;
        giveBack(result.value);
        await leave();
        break;
      }
    } catch (error) {
      if (!pipe.closed) throw error;
    }
    await pipe.end();
  };

  /** Starts the op, unless it was told to stop already; never throws. */
  start(): void {
    if (this.#stopReason !== undefined) {
      this.#settle("stopped");
      return;
    }
    this.#outcome = "running";
    this.#startMs = this.#owner.elapsedMs();
    void this.#run();
  }

  /** Tells the op to stop: its signal is aborted, its sinks answer false, its inputs end with `error`. */
  stop(error: unknown): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = { error };
    this.#leaveInputs(error);
    // Also those of an op that has ended: it may have failed and left readers waiting.
    for (const { flow } of this.outputs) flow.fail(error);
    if (this.#endMs !== undefined) return;
    this.#controller?.abort(error);
    this.#grace = setTimeout(() => this.#settle("abandoned"), this.#owner.graceMs);
  }

  /** One consumer of some output has gone; `end` says whether it got what it wanted. */
  consumerLeft(end: PipeEnd): void {
    this.#wanted -= 1;
    if (end === "cancelled") this.#cancelled = true;
    if (this.#wanted > 0 || !this.#cancelled || this.spec.effect === true) return;
    if (this.#outcome === "running") this.stop(new Unwanted());
  }

  report(): OpReport {
    let bytesIn = 0;
    let bytesOut = 0;
    for (const { flow } of this.inputs) if (flow instanceof Pipe) bytesIn += flow.bytesRead;
    for (const { flow } of this.outputs) if (flow instanceof Pipe) bytesOut += flow.bytesWritten;
    return {
      id: this.op.id,
      kind: this.op.kind,
      node: this.#owner.node,
      outcome: this.#outcome,
      startMs: this.#startMs,
      ...(this.#endMs === undefined ? {} : { endMs: this.#endMs }),
      bytesIn,
      bytesOut,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  async #run(): Promise<void> {
    try {
      await this.spec.run(this);
      for (let port = 0; port < this.outputs.length; port++) await this.#delivered(port);
    } catch (cause) {
      if (this.#stopReason !== undefined) this.#settle("stopped");
      else this.#settle("failed", { cause });
      return;
    }
    this.#settle(this.#stopReason === undefined ? "done" : "stopped");
  }

  /** Checks that output `port` was completed, and waits until it was consumed. */
  async #delivered(port: number): Promise<void> {
    const { flow } = this.outputs[port]!;
    if (flow instanceof ValueCell) {
      if (!flow.full && this.#stopReason === undefined)
        throw new Error(`it ended without value output ${port}`);
      return;
    }
    if (flow.closed) return;
    if (!flow.ended) throw new Error(`it ended without finishing stream output ${port}`);
    await flow.whenClosed();
  }

  #settle(outcome: OpOutcome, error?: { readonly cause: unknown }): void {
    if (this.#endMs !== undefined) return;
    this.#endMs = this.#owner.elapsedMs();
    this.#outcome = outcome;
    if (error !== undefined) this.#error = messageOf(error.cause);
    if (this.#grace !== undefined) clearTimeout(this.#grace);
    this.#leaveInputs(new Error("Cannot read input: the op has ended"));
    this.#owner.opEnded(this, error);
  }

  #leaveInputs(error: unknown): void {
    if (this.#left) return;
    this.#left = true;
    for (const { flow, producer } of this.inputs) {
      if (flow instanceof Pipe) {
        flow.fail(error);
      } else {
        flow.forget(this, error);
        producer.consumerLeft(flow.full ? "read" : "cancelled");
      }
    }
  }

  #pipe(port: number): Pipe {
    const flow = this.outputs[port]?.flow;
    if (!(flow instanceof Pipe)) throw new Error(`Cannot write output ${port}: it is not a stream`);
    return flow;
  }
}

function ignore(): void {}
