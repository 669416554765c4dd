import { expect, test } from "vitest";
import { createMemoryTransport } from "../../ioswitch/memory_transport.ts";
import { createServices } from "../../ioswitch/services.ts";
import { createWorker } from "../../ioswitch/worker.ts";
import { TEST_TABLE, toyBuilder } from "./toy_ops.ts";

function worker(graceMs = 10_000) {
  const transport = createMemoryTransport();
  return createWorker({ node: "a", table: TEST_TABLE, services: createServices(), transport, graceMs });
}

function hangingPlan() {
  const b = toyBuilder();
  b.add("toy.hang", { listens: true }, [], { at: "a" });
  return b.build();
}

test("a plan for another node, and one that is running already, are rejected", async () => {
  const node = worker();
  const plan = hangingPlan();
  await expect(node.execute({ run: "x", node: "b", plan })).rejects.toThrow(
    'it is for node "b", this is "a"',
  );
  const running = node.execute({ run: "x", node: "a", plan });
  await expect(node.execute({ run: "x", node: "a", plan })).rejects.toThrow("it is running already");
  node.cancel("x", "enough");
  await expect(running).rejects.toThrow("the run was cancelled: enough");
});

test("inputs are only at the driver", async () => {
  const b = toyBuilder();
  b.add("input", { name: "x", carries: "value" });
  const run = worker().execute({ run: "x", node: "a", plan: b.build() });
  await expect(run).rejects.toThrow('Cannot find service "ioswitch.inputs"');
});

test("closing stops runs and turns away what waits", async () => {
  const node = worker();
  const running = node.execute({ run: "x", node: "a", plan: hangingPlan() });
  const stopped = expect(running).rejects.toThrow('Cannot go on: node "a" is closing');
  const parked = node.offerValue({ run: "y", channel: "c" }, 1);
  await node.close();
  await stopped;
  await parked;
});

test("what arrives late for a run that has ended is not wanted", async () => {
  const node = worker();
  const b = toyBuilder();
  b.add("constant", { value: 1 });
  await node.execute({ run: "x", node: "a", plan: b.build() });
  let left = false;
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("must not be read")),
      async return() {
        left = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  await node.offerStream({ run: "x", channel: "c" }, stream);
  expect(left).toBe(true);
  await expect(node.takeValue({ run: "x", channel: "d" })).rejects.toThrow("the run has ended");
});

test("a stream is not taken for a value, nor a value for a stream", async () => {
  const node = worker();
  void node.offerValue({ run: "x", channel: "v" }, 1);
  await expect(node.takeStream({ run: "x", channel: "v" })).rejects.toThrow('Cannot take "v": it is a value');
  async function* stream() {
    yield Uint8Array.of(1);
  }
  const offered = node.offerStream({ run: "x", channel: "s" }, stream()).catch(() => {});
  await expect(node.takeValue({ run: "x", channel: "s" })).rejects.toThrow('Cannot take "s": it is a stream');
  void offered;
  await node.close();
});

test("others hear of a failure at once, also while an op does not stop", async () => {
  const node = worker(50);
  const b = toyBuilder();
  b.add("toy.hang", { listens: false });
  b.add("toy.silent", {});
  const order: string[] = [];
  const running = node.execute({ run: "x", node: "a", plan: b.build() }).catch(() => order.push("run"));
  const error = await node.takeValue({ run: "x", channel: "c" }).catch((reason: unknown) => reason);
  order.push("taker");
  await running;
  expect(order).toEqual(["taker", "run"]);
  expect(error).toMatchObject({ opId: "toy.silent#1", node: "a" });
});
