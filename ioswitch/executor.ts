import { BORDER, type Border } from "./border.ts";
import type { ByteStream } from "./byte_stream.ts";
import { INPUTS, type PlanInputs } from "./inputs.ts";
import type { Json } from "./json.ts";
import { NodeRun } from "./node_run.ts";
import type { OpTable } from "./op_table.ts";
import { overlayServices } from "./overlay_services.ts";
import { DRIVER, type NodeId, type Plan } from "./plan.ts";
import { messageOf, PlanError } from "./plan_error.ts";
import type { OpReport, RunReport } from "./report.ts";
import { createServices, type Services } from "./services.ts";
import { split } from "./split.ts";
import type { RunId, Transport } from "./transport.ts";
import { verifyRunnable } from "./verify.ts";

/** What {@link execute} needs besides the plan. */
export interface ExecuteOptions {
  readonly table: OpTable;
  /** What ops at the driver may ask for. */
  readonly services?: Services | undefined;
  /** What the `input` ops give, by name. */
  readonly inputs?: PlanInputs | undefined;
  /** Needed when ops are at other nodes. */
  readonly transport?: Transport | undefined;
  /** Cancels the run. */
  readonly signal?: AbortSignal | undefined;
  /** Called every `progressMs` (200 unless given) while the run lasts, and once more when it has ended. */
  readonly onProgress?: ((report: RunReport) => void) | undefined;
  readonly progressMs?: number | undefined;
  /** How long ops that were told to stop may take before they are abandoned; 10 s unless given. */
  readonly graceMs?: number | undefined;
}

/** A plan that is being executed. */
export interface Run {
  /** The stream result `name`. The run lasts until it was read to its end, or its iteration was ended, which stops
   *  what only fed it. Bytes that were read are only known to be all of them when {@link done} has resolved. */
  stream(name: string): ByteStream;
  /** The value result `name`, when it has been produced. Rejects when the run fails. */
  value(name: string): Promise<Json>;
  /** Resolves when every op on every node has ended. Rejects, also only then, when the run failed: with the
   *  {@link PlanError} of the op that failed first, or with the reason of the cancellation. Needs no listener. */
  readonly done: Promise<RunReport>;
  /** Stops every op on every node; `done` rejects with `reason`. Nothing happens when the run is over. */
  cancel(reason?: unknown): void;
  /** What has been done so far; also after a failure. */
  report(): RunReport;
}

const NO_SERVICES = createServices();

/** Starts every op of `plan` at once, here and on the other nodes it names.
 *
 *  The first failure stops all ops on all nodes. Ops that do not listen cannot hold the run up: their sinks answer false,
 *  their inputs end with an error, and after `graceMs` they are abandoned.
 *  Throws an `InvalidPlanError` when the plan is not runnable. */
export function execute(plan: Plan, options: ExecuteOptions): Run {
  const { table, transport, signal, onProgress, graceMs = 10_000 } = options;
  verifyRunnable(plan, table, transport === undefined ? {} : { nodes: transport.nodes });
  const parts = split(plan, table);
  const id: RunId = parts.nodes.size === 0 ? "" : crypto.randomUUID();
  let services = overlayServices(options.services ?? NO_SERVICES, INPUTS, options.inputs ?? {});
  if (transport !== undefined) services = overlayServices(services, BORDER, driverBorder(transport, id));
  const local = new NodeRun(parts.driver, { node: DRIVER, table, services, graceMs });
  const remote = transport === undefined ? undefined : new RemoteRuns(transport, id, graceMs);
  let failure: { readonly error: unknown } | undefined;
  let over = false;

  function fail(error: unknown): void {
    if (failure !== undefined || over) return;
    failure = { error };
    local.fail(error);
    remote?.cancel(error);
  }
  function report(): RunReport {
    const ops = remote === undefined ? local.report() : [...local.report(), ...remote.ops];
    return { startedAtMs: local.startedAtMs, durationMs: local.elapsedMs(), ops };
  }
  async function finish(): Promise<RunReport> {
    const abort = () => fail(asError(signal?.reason));
    signal?.addEventListener("abort", abort);
    const ticker = onProgress && setInterval(() => onProgress(report()), options.progressMs ?? 200);
    try {
      await local.done.catch(ignore);
      await remote?.settled();
    } finally {
      over = true;
      clearInterval(ticker);
      signal?.removeEventListener("abort", abort);
    }
    const final = report();
    onProgress?.(final);
    if (failure !== undefined) throw failure.error;
    return final;
  }

  local.onFail = fail;
  if (signal?.aborted === true) fail(asError(signal.reason));
  else remote?.start(parts.nodes, fail);
  local.start();
  const done = finish();
  done.catch(ignore);
  return {
    stream: (name) => local.stream(name),
    value(name) {
      const value = local.value(name);
      value.catch(ignore);
      return value;
    },
    done,
    cancel: (reason) => fail(asError(reason)),
    report,
  };
}

/** The parts of a run that are on other nodes. */
class RemoteRuns {
  readonly ops: OpReport[] = [];
  readonly #transport: Transport;
  readonly #run: RunId;
  readonly #graceMs: number;
  readonly #controller = new AbortController();
  readonly #nodes: NodeId[] = [];
  #settled: Promise<unknown> = Promise.resolve();
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, run: RunId, graceMs: number) {
    this.#transport = transport;
    this.#run = run;
    this.#graceMs = graceMs;
  }

  start(plans: ReadonlyMap<NodeId, Plan>, fail: (error: unknown) => void): void {
    this.#nodes.push(...plans.keys());
    const ends = Array.from(plans, async ([node, plan]) => {
      try {
        const signal = this.#controller.signal;
        this.ops.push(...(await this.#transport.execute({ run: this.#run, node, plan }, { signal })));
      } catch (cause) {
        const error = cause instanceof PlanError ? cause : new PlanError({ node }, cause);
        if (error.node === node) this.#reportFailure(error);
        fail(error);
      }
    });
    this.#settled = Promise.all(ends);
  }

  cancel(error: unknown): void {
    if (this.#nodes.length === 0) return;
    for (const node of this.#nodes) {
      this.#transport.cancel(node, this.#run, messageOf(error)).catch(ignore);
    }
    // A node stops its ops within its own grace time; one that does not answer after that is given up.
    this.#grace = setTimeout(() => this.#controller.abort(error), 2 * this.#graceMs);
  }

  async settled(): Promise<void> {
    await this.#settled;
    clearTimeout(this.#grace);
  }

  #reportFailure({ opId, kind = "", node, cause }: PlanError): void {
    if (opId === undefined) return;
    const amounts = { startMs: 0, bytesIn: 0, bytesOut: 0 };
    this.ops.push({ id: opId, kind, node, outcome: "failed", ...amounts, error: messageOf(cause) });
  }
}

function driverBorder(transport: Transport, run: RunId): Border {
  return {
    sendStream: (to, channel, stream, signal) =>
      transport.sendStream(to, { run, channel }, stream, { signal }),
    sendValue: (to, channel, value, signal) => transport.sendValue(to, { run, channel }, value, { signal }),
    receiveStream: (from, channel, signal) => transport.fetchStream(from, { run, channel }, { signal }),
    receiveValue: (from, channel, signal) => transport.fetchValue(from, { run, channel }, { signal }),
  };
}

function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  if (reason === undefined) return new Error("Cannot finish the run: it was cancelled");
  return new Error(`Cannot finish the run: it was cancelled: ${messageOf(reason)}`, { cause: reason });
}

function ignore(): void {}
