import { expect, test, vi } from "vitest";
import type { ByteStream } from "../../ioswitch/byte_stream.ts";
import { execute } from "../../ioswitch/executor.ts";
import type { OpSpec } from "../../ioswitch/op_spec.ts";
import { createOpTable } from "../../ioswitch/op_table.ts";
import { BUILTIN_OPS } from "../../ioswitch/ops/all.ts";
import { createPlanBuilder } from "../../ioswitch/plan_builder.ts";
import { PlanError } from "../../ioswitch/plan_error.ts";
import { createServices } from "../../ioswitch/services.ts";
import { InvalidPlanError } from "../../ioswitch/verify.ts";
import { PROBE, TEST_TABLE, toyBuilder, toyBytes } from "./toy_ops.ts";

const table = TEST_TABLE;

async function collect(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function probe() {
  const events: string[] = [];
  let produced = 0;
  const services = createServices().with(PROBE, (event, bytes) => {
    if (event === "produced") produced += bytes;
    else events.push(`${event} ${bytes}`);
  });
  return { services, events, produced: () => produced };
}

test("streams and values flow from inputs through ops to results", async () => {
  const b = toyBuilder();
  const body = b.add("input", { name: "body", carries: "stream" });
  const amount = b.add("input", { name: "amount", carries: "value" });
  const shifted = b.add("toy.shift", {}, [body.out(), amount.out()]);
  const counted = b.add("length", {}, [shifted.out()]);
  b.result("out", counted.out(0));
  b.result("bytes", counted.out(1));
  async function* source() {
    yield Uint8Array.of(1, 2);
    yield Uint8Array.of(3);
  }
  const run = execute(b.build(), { table, inputs: { body: source(), amount: 10 } });
  expect([...(await collect(run.stream("out")))]).toEqual([11, 12, 13]);
  expect(await run.value("bytes")).toBe(3);
  const report = await run.done;
  expect(report.ops.map((op) => [op.id, op.outcome, op.bytesIn, op.bytesOut])).toEqual([
    ["input#1", "done", 0, 3],
    ["input#2", "done", 0, 0],
    ["toy.shift#1", "done", 3, 3],
    ["length#1", "done", 3, 3],
  ]);
});

test("a slow consumer makes the producer wait: at most the buffer is in flight", async () => {
  const b = toyBuilder(1000);
  b.result("out", b.add("toy.endless", { chunkBytes: 100 }).out());
  const { services, produced } = probe();
  const run = execute(b.build(), { table, services });
  let consumed = 0;
  for await (const chunk of run.stream("out")) {
    consumed += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(produced() - consumed).toBeLessThanOrEqual(1000);
    if (consumed >= 20_000) break;
  }
  await run.done;
  expect(produced()).toBeGreaterThanOrEqual(consumed);
});

test("the first failure stops every op and names the op", async () => {
  const b = toyBuilder(1000);
  const zeros = b.add("toy.endless", { chunkBytes: 10 });
  b.result("out", b.add("toy.fail", { afterBytes: 100, message: "disk on fire" }, [zeros.out()]).out());
  b.result("never", b.add("toy.hang", { listens: true }).out());
  const { services, events } = probe();
  const run = execute(b.build(), { table, services });
  const reading = collect(run.stream("out"));
  await expect(reading).rejects.toThrow("disk on fire");
  const error = await run.done.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PlanError);
  expect((error as PlanError).message).toBe('Cannot run op "toy.fail#1" (toy.fail): disk on fire');
  expect((error as PlanError).cause).toEqual(new Error("disk on fire"));
  expect(events).toEqual(["stopped 0"]);
  expect(run.report().ops.map((op) => op.outcome)).toEqual(["stopped", "failed", "stopped"]);
  await expect(run.value("never")).rejects.toBe(error);
});

test("cancel and an aborted signal end the run with the reason", async () => {
  const b = toyBuilder();
  b.result("never", b.add("toy.hang", { listens: true }).out());
  const plan = b.build();
  const run = execute(plan, { table });
  run.cancel("enough");
  await expect(run.done).rejects.toThrow("Cannot finish the run: it was cancelled: enough");
  const reason = new Error("gone");
  const controller = new AbortController();
  const second = execute(plan, { table, signal: controller.signal });
  controller.abort(reason);
  await expect(second.done).rejects.toBe(reason);
  const third = execute(plan, { table, signal: controller.signal });
  await expect(third.done).rejects.toBe(reason);
  expect(third.report().ops[0]!.outcome).toBe("stopped");
});

test("an op that hangs without listening is abandoned, and the run ends", async () => {
  const b = toyBuilder();
  b.result("never", b.add("toy.hang", { listens: false }).out());
  const run = execute(b.build(), { table, graceMs: 5 });
  run.cancel(new Error("stop"));
  await expect(run.done).rejects.toThrow("stop");
  expect(run.report().ops[0]!.outcome).toBe("abandoned");
});

test("a reader that stops early stops what feeds it, and the rest goes on", async () => {
  const b = toyBuilder(1000);
  const zeros = b.add("toy.endless", { chunkBytes: 10 });
  b.result("out", b.add("toy.add", { amount: 1 }, [zeros.out()]).out());
  const other = b.add("toy.bytes", { seed: 1, bytes: 5000, chunkBytes: 100 });
  b.result("written", b.add("toy.write", { name: "x" }, [other.out()]).out());
  const { services, events } = probe();
  const run = execute(b.build(), { table, services });
  for await (const _ of run.stream("out")) break;
  expect((await run.done).ops.map((op) => op.outcome)).toEqual(["stopped", "stopped", "done", "done"]);
  expect(events.sort()).toEqual(["stopped 0", "wrote x 5000"]);
  expect(await run.value("written")).toBe(5000);
});

test("nothing is wanted any more: a hanging input does not hold the run up", async () => {
  const b = toyBuilder();
  const body = b.add("input", { name: "body", carries: "stream" });
  b.result("out", b.add("range", { offset: 0, length: 2 }, [body.out()]).out());
  let returned = false;
  const body2: ByteStream = {
    [Symbol.asyncIterator]() {
      let first = true;
      return {
        next() {
          if (!first) return new Promise(() => {});
          first = false;
          return Promise.resolve({ done: false, value: Uint8Array.of(1, 2, 3) });
        },
        return() {
          returned = true;
          return new Promise(() => {});
        },
      };
    },
  };
  const run = execute(b.build(), { table, inputs: { body: body2 } });
  expect([...(await collect(run.stream("out")))]).toEqual([1, 2]);
  await run.done;
  expect(returned).toBe(true);
});

test("an op that waits for bytes nobody wants any more is stopped", async () => {
  const b = toyBuilder();
  const body = b.add("input", { name: "body", carries: "stream" });
  b.result("out", b.add("toy.add", { amount: 1 }, [body.out()]).out());
  const hanging: ByteStream = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  const run = execute(b.build(), { table, inputs: { body: hanging } });
  await run.stream("out")[Symbol.asyncIterator]().return?.();
  expect((await run.done).ops.map((op) => op.outcome)).toEqual(["stopped", "stopped"]);
});

test("nothing listens to the caller's signal after the end", async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  await execute(toyBuilder().build(), { table, signal }).done;
  expect(added).toHaveBeenCalledOnce();
  expect(removed.mock.calls).toEqual(added.mock.calls);
});

test("an op that ends without its outputs fails the run", async () => {
  const b = toyBuilder();
  b.result("out", b.add("toy.cut", {}).out());
  const cut = execute(b.build(), { table });
  await expect(collect(cut.stream("out"))).rejects.toThrow("ended without finishing stream output 0");
  await expect(cut.done).rejects.toThrow('op "toy.cut#1"');
  const c = toyBuilder();
  c.result("out", c.add("toy.silent", {}).out());
  await expect(execute(c.build(), { table }).value("out")).rejects.toThrow("ended without value output 0");
});

test("each stream has exactly one consumer", async () => {
  const b = toyBuilder();
  const out = b.add("toy.bytes", { seed: 1, bytes: 10, chunkBytes: 3 }).out();
  expect(() => execute(b.build(), { table })).toThrow(InvalidPlanError);
  b.result("a", out);
  const run = execute(b.build(), { table });
  expect(await collect(run.stream("a"))).toEqual(Buffer.from(toyBytes(1, 10)));
  await expect(collect(run.stream("a"))).rejects.toThrow("exactly one consumer");
  await run.done;
  b.result("b", out);
  expect(() => execute(b.build(), { table })).toThrow("has 2 consumers");
});

test("a value is copied for each consumer", async () => {
  const b = toyBuilder();
  const value = b.add("constant", { value: { list: [1] } });
  b.result("a", value.out());
  b.result("b", value.out());
  const run = execute(b.build(), { table });
  const [first, second] = await Promise.all([run.value("a"), run.value("b")]);
  expect(first).toEqual({ list: [1] });
  expect(second).toEqual(first);
  expect(second).not.toBe(first);
  await run.done;
});

test("a missing input or result is named", async () => {
  const b = toyBuilder();
  b.result("out", b.add("input", { name: "body", carries: "value" }).out());
  const run = execute(b.build(), { table });
  expect(() => run.value("other")).toThrow('Cannot find result "other"');
  expect(() => run.stream("out")).toThrow("it is a value, not a stream");
  await expect(run.done).rejects.toThrow('Cannot read input "body": the caller gave none');
});

test("progress is told, and a last time when the run has ended", async () => {
  const b = toyBuilder();
  b.result("out", b.add("toy.endless", { chunkBytes: 10 }).out());
  const seen: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = execute(b.build(), {
    table,
    services: probe().services,
    progressMs: 1,
    onProgress(report) {
      seen.push(report.ops[0]!.bytesOut);
      if (report.ops[0]!.outcome === "running") resolve();
    },
  });
  const iterator = run.stream("out")[Symbol.asyncIterator]();
  await iterator.next();
  await promise;
  await iterator.return?.();
  await run.done;
  expect(seen.at(-1)).toBeGreaterThan(0);
});

test("a plan without ops ends at once", async () => {
  expect((await execute(toyBuilder().build(), { table }).done).ops).toEqual([]);
});

test("an op that waits for a value is stopped when another fails", async () => {
  const b = toyBuilder();
  const never = b.add("toy.hang", { listens: true });
  b.result("sum", b.add("toy.plus", { count: 1 }, [never.out()]).out());
  b.result("silent", b.add("toy.silent", {}).out());
  const run = execute(b.build(), { table });
  await expect(run.done).rejects.toThrow('op "toy.silent#1"');
  expect(run.report().ops.map((op) => op.outcome)).toEqual(["stopped", "stopped", "failed"]);
});

test("a failure that nobody listens to stays inside the run", async () => {
  const escaped: unknown[] = [];
  const listener = (reason: unknown) => escaped.push(reason);
  process.on("unhandledRejection", listener);
  const b = toyBuilder();
  b.result("cut", b.add("toy.cut", {}).out());
  b.result("silent", b.add("toy.silent", {}).out());
  const ended = Promise.withResolvers<void>();
  const run = execute(b.build(), { table, onProgress: () => ended.resolve() });
  void run.value("silent");
  await ended.promise;
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", listener);
  expect(escaped).toEqual([]);
  expect(run.report().ops.map((op) => op.outcome)).toContain("failed");
});

test("an op may take its context apart", async () => {
  const spec: OpSpec = {
    kind: "apart",
    ports: () => ({ inputs: ["stream", "value"], outputs: ["stream", "value"] }),
    check: () => [],
    describe: () => "apart",
    async run({ emit, put, stream, value, signal, node }) {
      put(1, [await value(1), signal.aborted, node]);
      await emit(0, stream(0));
    },
  };
  const b = createPlanBuilder({ table: createOpTable(BUILTIN_OPS, [spec]) });
  const body = b.add("input", { name: "body", carries: "stream" });
  const apart = b.add("apart", {}, [body.out(), b.add("constant", { value: 1 }).out()]);
  b.result("out", apart.out(0));
  b.result("value", apart.out(1));
  async function* source() {
    yield Uint8Array.of(1);
  }
  const run = execute(b.build(), { table: createOpTable(BUILTIN_OPS, [spec]), inputs: { body: source() } });
  expect(await run.value("value")).toEqual([1, false, "driver"]);
  expect([...(await collect(run.stream("out")))]).toEqual([1]);
});
