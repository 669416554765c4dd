import { expect, test } from "vitest";
import { createMemoryTransport } from "../../ioswitch/memory_transport.ts";
import { createServices } from "../../ioswitch/services.ts";
import { createWorker } from "../../ioswitch/worker.ts";
import { testTransport } from "../suites/test_transport.ts";
import { TEST_TABLE } from "./toy_ops.ts";

testTransport("memory", {
  slackBytes: 0,
  async open(nodes, options) {
    const transport = createMemoryTransport();
    const workers = nodes.map((node) => createWorker({ node, transport, ...options }));
    for (const worker of workers) transport.join(worker);
    return {
      transport,
      async close() {
        await Promise.all(workers.map((worker) => worker.close()));
      },
    };
  },
});

test("nodes join and leave", async () => {
  const transport = createMemoryTransport();
  const worker = createWorker({ node: "a", table: TEST_TABLE, services: createServices(), transport });
  transport.join(worker);
  expect([...transport.nodes]).toEqual(["a"]);
  expect(() => transport.join(worker)).toThrow('Cannot add node "a": there is one already');
  transport.leave("a");
  await expect(transport.cancel("a", "x", "y")).rejects.toThrow('Cannot reach node "a": it is not known');
});
