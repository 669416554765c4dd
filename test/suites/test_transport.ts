import { afterEach, describe, expect, test } from "vitest";
import type { ByteStream } from "../../ioswitch/byte_stream.ts";
import { type ExecuteOptions, execute, type Run } from "../../ioswitch/executor.ts";
import { createOpTable, type OpTable } from "../../ioswitch/op_table.ts";
import { BUILTIN_OPS } from "../../ioswitch/ops/all.ts";
import { dropUnconsumed } from "../../ioswitch/passes/drop_unconsumed.ts";
import { endStreams } from "../../ioswitch/passes/end_streams.ts";
import type { Plan } from "../../ioswitch/plan.ts";
import { PlanError } from "../../ioswitch/plan_error.ts";
import { createServices, type Services } from "../../ioswitch/services.ts";
import { split } from "../../ioswitch/split.ts";
import type { Transport } from "../../ioswitch/transport.ts";
import { PROBE, TOY_OPS, toyBuilder, toyBytes } from "../ioswitch/toy_ops.ts";

/** What one worker of the suite must offer: these ops, these services, this patience. */
export interface TestWorkerOptions {
  readonly table: OpTable;
  readonly services: Services;
  readonly graceMs: number;
  readonly parkMs: number;
}

/** A transport under test: reaches the workers "a" and "b", made with the given options. */
export interface TransportUnderTest {
  readonly transport: Transport;
  close(): Promise<void>;
}

/** What {@link testTransport} needs. */
export interface TransportSuite {
  open(nodes: readonly string[], options: TestWorkerOptions): Promise<TransportUnderTest>;
  /** Bytes that a border may hold besides the two wires at its ends, for example in sockets. */
  readonly slackBytes: number;
}

const table = createOpTable(BUILTIN_OPS, TOY_OPS);
const GRACE_MS = 2000;

/** The conformance suite of transports: plans over several nodes give the same results, fail and stop as one. */
export function testTransport(name: string, { open, slackBytes }: TransportSuite): void {
  let opened: TransportUnderTest | undefined;
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });

  async function setUp(options: { readonly parkMs?: number } = {}) {
    const events: string[] = [];
    const waiting: { readonly event: string; readonly resolve: () => void }[] = [];
    const counts = { produced: 0 };
    const services = createServices().with(PROBE, (event, bytes) => {
      if (event === "produced") counts.produced += bytes;
      else events.push(event);
      for (const waiter of waiting) if (waiter.event === event) waiter.resolve();
    });
    opened = await open(["a", "b"], { table, services, graceMs: GRACE_MS, parkMs: options.parkMs ?? 10_000 });
    const { transport } = opened;
    return {
      transport,
      events,
      counts,
      /** Resolves when a toy op next tells `event`. */
      event: (event: string) => new Promise<void>((resolve) => waiting.push({ event, resolve })),
      run(plan: Plan, more: Partial<ExecuteOptions> = {}): Run {
        const ended = endStreams(table).run(dropUnconsumed(table).run(plan, undefined), undefined);
        return execute(ended, { table, transport, services, graceMs: GRACE_MS, ...more });
      },
    };
  }

  describe(`transport ${name}`, () => {
    test("streams and values go through several nodes and back", async () => {
      const { run } = await setUp();
      const b = toyBuilder();
      const body = b.add("input", { name: "body", carries: "stream" });
      const amount = b.add("input", { name: "amount", carries: "value" });
      const added = b.add("toy.add", { amount: 1 }, [body.out()], { at: "a" });
      const shifted = b.add("toy.shift", {}, [added.out(), amount.out()], { at: "b" });
      b.result("bytes", shifted.out());
      b.result("sum", b.add("toy.sum", {}, [shifted.out()], { at: "a" }).out());
      b.result("amounts", b.add("toy.plus", { count: 2 }, [amount.out(), amount.out()], { at: "b" }).out());
      const started = run(b.build(), { inputs: { body: streamOf(toyBytes(1, 5000), 1000), amount: 10 } });
      const expected = toyBytes(1, 5000).map((byte) => byte + 11);
      expect(await collect(started.stream("bytes"))).toEqual(expected);
      expect(await started.value("sum")).toBe(expected.reduce((total, byte) => total + byte, 0));
      expect(await started.value("amounts")).toBe(20);
      const { ops } = await started.done;
      expect(ops.filter((op) => op.outcome !== "done")).toEqual([]);
      expect(new Set(ops.map((op) => op.node))).toEqual(new Set(["driver", "a", "b"]));
      expect(ops.find((op) => op.kind === "toy.shift")).toMatchObject({
        node: "b",
        bytesIn: 5000,
        bytesOut: 5000,
      });
    });

    test("an empty stream arrives as an empty stream", async () => {
      const { run } = await setUp();
      const b = toyBuilder();
      const source = b.add("toy.bytes", { seed: 1, bytes: 0, chunkBytes: 1 }, [], { at: "a" });
      b.result("out", b.add("toy.add", { amount: 1 }, [source.out()], { at: "b" }).out());
      const started = run(b.build());
      expect(await collect(started.stream("out"))).toEqual(new Uint8Array());
      await started.done;
    });

    test("streams and values may arrive before the plan that wants them", async () => {
      const { transport } = await setUp();
      const b = toyBuilder();
      const body = b.add("input", { name: "body", carries: "stream" });
      const amount = b.add("input", { name: "amount", carries: "value" });
      b.result("out", b.add("toy.shift", {}, [body.out(), amount.out()], { at: "a" }).out());
      const parts = split(b.build(), table);
      const channels = parts.driver.ops.flatMap((op) =>
        op.kind === "send" ? [String(op.attrs["channel"])] : [],
      );
      const [stream, value] = channels.map((channel) => ({ run: "early", channel }));
      const out = String(parts.driver.ops.find((op) => op.kind === "receive")!.attrs["channel"]);
      const sent = [
        transport.sendStream("a", stream!, streamOf(Uint8Array.of(1, 2, 3), 1)),
        transport.sendValue("a", value!, 5),
      ];
      const fetched = transport.fetchStream("a", { run: "early", channel: out });
      const executed = transport.execute({ run: "early", node: "a", plan: parts.nodes.get("a")! });
      expect(await collect(await fetched)).toEqual(Uint8Array.of(6, 7, 8));
      await Promise.all([...sent, executed]);
    });

    test("what arrives for a plan that never comes is given up", async () => {
      const { transport } = await setUp({ parkMs: 20 });
      let left = false;
      async function* stream(): ByteStream {
        try {
          for (;;) yield Uint8Array.of(1);
        } finally {
          left = true;
        }
      }
      const iterator = stream()[Symbol.asyncIterator]();
      await iterator.next();
      const begun: ByteStream = { [Symbol.asyncIterator]: () => iterator };
      await expect(transport.sendStream("a", { run: "never", channel: "c" }, begun)).rejects.toThrow("20 ms");
      expect(left).toBe(true);
      await expect(transport.fetchValue("a", { run: "nor this", channel: "c" })).rejects.toThrow("20 ms");
    });

    test("a slow reader makes a producer on another node wait", async () => {
      const { run, counts } = await setUp();
      const bufferBytes = 1000;
      const b = toyBuilder(bufferBytes);
      b.result("out", b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" }).out());
      const started = run(b.build());
      let consumed = 0;
      for await (const chunk of started.stream("out")) {
        consumed += chunk.length;
        expect(counts.produced - consumed).toBeLessThanOrEqual(2 * bufferBytes + 200 + slackBytes);
        if (consumed > 20_000 + 2 * slackBytes) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await started.done;
    });

    test("a failure on one node stops all, and names op, kind and node", async () => {
      const { run, events } = await setUp();
      const b = toyBuilder(1000);
      const zeros = b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" });
      const failing = b.add("toy.fail", { afterBytes: 5000, message: "disk on fire" }, [zeros.out()], {
        at: "b",
      });
      b.result("out", failing.out());
      b.result("never", b.add("toy.hang", { listens: true }, [], { at: "a" }).out());
      b.result("here", b.add("toy.hang", { listens: true }).out());
      const started = run(b.build());
      const reading = collect(started.stream("out"));
      await expect(reading).rejects.toThrow();
      const error = await failureOf(started.done);
      expect(error).toBeInstanceOf(PlanError);
      expect(error).toMatchObject({ opId: "toy.fail#1", kind: "toy.fail", node: "b" });
      expect((error as Error).message).toBe(
        'Cannot run op "toy.fail#1" (toy.fail) at node "b": disk on fire',
      );
      expect(events).toEqual(["stopped"]);
      expect(started.report().ops).toContainEqual(
        expect.objectContaining({ id: "toy.fail#1", outcome: "failed", error: "disk on fire" }),
      );
    });

    test("a failure at the driver stops the nodes", async () => {
      const { run, event } = await setUp();
      const b = toyBuilder(1000);
      const zeros = b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" });
      b.result("out", b.add("toy.fail", { afterBytes: 5000, message: "no" }, [zeros.out()]).out());
      b.result("never", b.add("toy.hang", { listens: true }, [], { at: "b" }).out());
      const stopped = event("stopped");
      const started = run(b.build());
      await expect(collect(started.stream("out"))).rejects.toThrow("no");
      expect(await failureOf(started.done)).toMatchObject({ opId: "toy.fail#1", node: "driver" });
      await stopped;
    });

    test("a cancelled run ends on every node with the reason", async () => {
      const { run, event } = await setUp();
      const b = toyBuilder(1000);
      b.result("out", b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" }).out());
      b.result("never", b.add("toy.hang", { listens: true }, [], { at: "b" }).out());
      const [produced, stopped] = [event("produced"), event("stopped")];
      const started = run(b.build());
      const reason = new Error("changed my mind");
      const iterator = started.stream("out")[Symbol.asyncIterator]();
      await iterator.next();
      await produced;
      started.cancel(reason);
      expect(await failureOf(started.done)).toBe(reason);
      await stopped;
      await expect(iterator.next()).rejects.toThrow("changed my mind");
    });

    test("a reader that leaves stops what feeds it on every node, and the rest goes on", async () => {
      const { run, events } = await setUp();
      const b = toyBuilder(1000);
      const zeros = b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" });
      b.result("out", b.add("toy.add", { amount: 1 }, [zeros.out()], { at: "b" }).out());
      const bytes = b.add("toy.bytes", { seed: 1, bytes: 5000, chunkBytes: 100 }, [], { at: "a" });
      b.result("written", b.add("toy.write", { name: "x" }, [bytes.out()], { at: "b" }).out());
      const started = run(b.build());
      for await (const _ of started.stream("out")) break;
      expect(await started.value("written")).toBe(5000);
      const { ops } = await started.done;
      expect(ops.filter((op) => op.outcome === "abandoned")).toEqual([]);
      expect(events.toSorted()).toEqual(["stopped", "wrote x"]);
    });

    test("a reader that leaves before the first byte, too", async () => {
      const { run } = await setUp();
      const b = toyBuilder(1000);
      b.result("out", b.add("toy.endless", { chunkBytes: 100 }, [], { at: "a" }).out());
      const started = run(b.build());
      await started.stream("out")[Symbol.asyncIterator]().return?.();
      await started.done;
    });

    test("a run that was cancelled before its plan arrived does not start", async () => {
      const { transport } = await setUp();
      const b = toyBuilder();
      b.add("toy.hang", { listens: true }, [], { at: "a" });
      const plan = split(b.build(), table).nodes.get("a")!;
      await transport.cancel("a", "late", "not wanted");
      await expect(transport.execute({ run: "late", node: "a", plan })).rejects.toThrow("it was cancelled");
      await expect(transport.fetchValue("a", { run: "late", channel: "c" })).rejects.toThrow();
    });

    test("a call ends when its signal is aborted", async () => {
      const { transport } = await setUp();
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const address = { run: "x", channel: "c" };
      const b = toyBuilder();
      b.add("toy.hang", { listens: true }, [], { at: "b" });
      const plan = split(b.build(), table).nodes.get("b")!;
      const calls = [
        transport.fetchValue("a", address, options),
        transport.sendValue("a", { ...address, channel: "d" }, 1, options),
        transport.execute({ run: "y", node: "b", plan }, options),
      ].map(failureOf);
      controller.abort(new Error("gone"));
      for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(Error);
    });

    test("a plan with an op that the node does not know is rejected by name", async () => {
      const { transport } = await setUp();
      const plan = {
        ops: [{ id: "x", kind: "nope", attrs: {}, inputs: [], at: "a" }],
        results: {},
        bufferBytes: 1,
      };
      await expect(transport.execute({ run: "z", node: "a", plan })).rejects.toThrow(
        'op "x" is of kind "nope", which was not registered',
      );
    });

    test("a node that cannot be reached fails the run and is named", async () => {
      const { transport, run } = await setUp();
      const b = toyBuilder();
      b.result("out", b.add("toy.hang", { listens: true }, [], { at: "c" }).out());
      b.result("never", b.add("toy.hang", { listens: true }, [], { at: "a" }).out());
      const believed: Transport = { ...transport, nodes: ["a", "b", "c"] };
      const error = await failureOf(run(b.build(), { transport: believed }).done);
      expect(error).toBeInstanceOf(PlanError);
      expect((error as Error).message).toContain('"c"');
    });
  });
}

async function collect(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function* streamOf(bytes: Uint8Array, chunkBytes: number): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
