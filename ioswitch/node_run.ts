import type { ByteStream } from "./byte_stream.ts";
import type { Json } from "./json.ts";
import { type OpOwner, OpRun, type Outlet } from "./op_run.ts";
import type { OpTable } from "./op_table.ts";
import { Pipe } from "./pipe.ts";
import type { NodeId, Op, Plan } from "./plan.ts";
import { PlanError } from "./plan_error.ts";
import type { OpReport } from "./report.ts";
import type { Services } from "./services.ts";
import { ValueCell } from "./value_cell.ts";

/** Where and with what a plan runs. */
export interface NodeRunOptions {
  readonly node: NodeId;
  readonly table: OpTable;
  readonly services: Services;
  /** How long ops that were told to stop may take before they are abandoned. */
  readonly graceMs: number;
}

/** The part of a plan that runs in one place: all its ops at once, with a pipe or a value cell for each wire.
 *
 *  Requires a runnable plan, all of it for this node. The first op that fails stops all others. */
export class NodeRun implements OpOwner {
  readonly plan: Plan;
  readonly node: NodeId;
  readonly services: Services;
  readonly graceMs: number;
  readonly startedAtMs = Date.now();
  /** Resolves when every op has ended or was abandoned, rejects then if the run failed: with a {@link PlanError}, or
   *  with the reason given to {@link fail}. Nobody has to listen to it. */
  readonly done: Promise<void>;
  readonly #startedMs = performance.now();
  readonly #runs = new Map<string, OpRun>();
  readonly #settled = Promise.withResolvers<void>();
  #running: number;
  #failure: { readonly error: unknown } | undefined;
  /** Called once, when the run fails, while ops may still be stopping. */
  onFail: ((error: unknown) => void) | undefined;

  constructor(plan: Plan, options: NodeRunOptions) {
    this.plan = plan;
    this.node = options.node;
    this.services = options.services;
    this.graceMs = options.graceMs;
    this.done = this.#settled.promise;
    this.done.catch(ignore);
    this.#running = plan.ops.length;
    const wanted = countConsumers(plan);
    for (const op of plan.ops) this.#runs.set(op.id, this.#wire(op, options.table, wanted));
  }

  /** Starts every op. Call it once. */
  start(): void {
    if (this.#running === 0) this.#settled.resolve();
    for (const run of this.#runs.values()) run.start();
  }

  /** Ends the run with `error`: every op is told to stop. Nothing happens when it has failed or ended before. */
  fail(error: unknown): void {
    if (this.#failure !== undefined || this.#running === 0) return;
    this.#failure = { error };
    for (const run of this.#runs.values()) run.stop(error);
    this.onFail?.(error);
  }

  /** The stream result `name`. Throws when there is none. */
  stream(name: string): ByteStream {
    const flow = this.#result(name);
    if (!(flow instanceof Pipe)) throw new Error(`Cannot read result "${name}": it is a value, not a stream`);
    return flow;
  }

  /** The value result `name`. Throws when there is none. */
  value(name: string): Promise<Json> {
    const flow = this.#result(name);
    if (!(flow instanceof ValueCell))
      throw new Error(`Cannot take result "${name}": it is a stream, not a value`);
    return flow.take(this);
  }

  elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  report(): readonly OpReport[] {
    return Array.from(this.#runs.values(), (run) => run.report());
  }

  opEnded(run: OpRun, error?: { readonly cause: unknown }): void {
    if (error !== undefined) {
      const { cause } = error;
      const where = { opId: run.op.id, kind: run.op.kind, node: this.node };
      // An error that crossed a wire or a node border names the op where it began: it is not wrapped again.
      this.fail(cause instanceof PlanError ? cause : new PlanError(where, cause));
    }
    this.#running -= 1;
    if (this.#running > 0) return;
    if (this.#failure === undefined) this.#settled.resolve();
    else this.#settled.reject(this.#failure.error);
  }

  #wire(op: Op, table: OpTable, wanted: ReadonlyMap<string, number>): OpRun {
    const facts = table.inspect(op)!;
    const inputs = op.inputs.map((wire): Outlet => this.#runs.get(wire.op)!.outputs[wire.port]!);
    const run = new OpRun(op, facts.spec, { inputs, wanted: wanted.get(op.id) ?? 0, owner: this });
    for (const carries of facts.ports.outputs) {
      run.outputs.push({ flow: carries === "stream" ? this.#pipe(run) : new ValueCell(), producer: run });
    }
    return run;
  }

  #pipe(producer: OpRun): Pipe {
    const pipe = new Pipe(this.plan.bufferBytes);
    pipe.onClose = (end) => producer.consumerLeft(end);
    return pipe;
  }

  #result(name: string): Pipe | ValueCell {
    const wire = Object.hasOwn(this.plan.results, name) ? this.plan.results[name] : undefined;
    if (wire === undefined) throw new Error(`Cannot find result "${name}": the plan has no such result`);
    return this.#runs.get(wire.op)!.outputs[wire.port]!.flow;
  }
}

/** How many consumers the outputs of each op have together. */
function countConsumers(plan: Plan): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const op of plan.ops)
    for (const wire of op.inputs) wanted.set(wire.op, (wanted.get(wire.op) ?? 0) + 1);
  for (const wire of Object.values(plan.results)) wanted.set(wire.op, (wanted.get(wire.op) ?? 0) + 1);
  return wanted;
}

function ignore(): void {}
