import fc from "fast-check";
import { expect, test } from "vitest";
import type { ByteStream } from "../../ioswitch/byte_stream.ts";
import { execute } from "../../ioswitch/executor.ts";
import { createMemoryTransport } from "../../ioswitch/memory_transport.ts";
import { runPasses } from "../../ioswitch/pass_runner.ts";
import { dropUnconsumed } from "../../ioswitch/passes/drop_unconsumed.ts";
import { endStreams } from "../../ioswitch/passes/end_streams.ts";
import { mergeIdentical } from "../../ioswitch/passes/merge_identical.ts";
import { rejectUnrunnable } from "../../ioswitch/passes/reject_unrunnable.ts";
import type { Plan } from "../../ioswitch/plan.ts";
import { placeOps } from "../../ioswitch/rewrite.ts";
import { createServices } from "../../ioswitch/services.ts";
import type { Transport } from "../../ioswitch/transport.ts";
import { createWorker } from "../../ioswitch/worker.ts";
import { randomPlan } from "./random_plan.ts";
import { evaluateToy } from "./toy_evaluator.ts";
import { TEST_TABLE } from "./toy_ops.ts";

const table = TEST_TABLE;
const NAIVE = [endStreams(table)];
const OPTIMISING = [
  dropUnconsumed(table),
  mergeIdentical(table),
  endStreams(table),
  rejectUnrunnable(table, () => ["a", "b"]),
];

function nodes(): Transport {
  const transport = createMemoryTransport();
  for (const node of ["a", "b"]) {
    transport.join(createWorker({ node, table, services: createServices(), transport }));
  }
  return transport;
}

async function resultsOf(plan: Plan, transport?: Transport): Promise<ReadonlyMap<string, unknown>> {
  const run = execute(plan, { table, transport });
  const results = Object.keys(plan.results).map(async (name) => {
    const result = name.startsWith("value") ? await run.value(name) : await collect(run.stream(name));
    return [name, result] as const;
  });
  const [entries] = await Promise.all([Promise.all(results), run.done]);
  return new Map(entries);
}

async function collect(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Runs `plan` in every way there is and compares each with the plain evaluation. */
async function check(plan: Plan): Promise<void> {
  const expected = evaluateToy(plan);
  const naive = runPasses(plan, NAIVE, undefined, { table }).plan;
  const { plan: optimised, stoppedBecause } = runPasses(plan, OPTIMISING, undefined, { table });
  expect(stoppedBecause).toBe("settled");
  expect(optimised.ops.length).toBeLessThanOrEqual(naive.ops.length);
  const toDriver = (some: Plan) => placeOps(some, () => "driver");
  expect(await resultsOf(toDriver(naive)), "unoptimised, here").toEqual(expected);
  expect(await resultsOf(toDriver(optimised)), "optimised, here").toEqual(expected);
  expect(await resultsOf(naive, nodes()), "unoptimised, on three nodes").toEqual(expected);
  expect(await resultsOf(optimised, nodes()), "optimised, on three nodes").toEqual(expected);
}

test("plans with shared streams give the same results however they run", async () => {
  await fc.assert(fc.asyncProperty(randomPlan({ shared: true, bufferBytes: 1 << 20 }), check), {
    numRuns: 100,
  });
});

test("plans without meeting ways never stand still, even when a wire holds one chunk", async () => {
  await fc.assert(fc.asyncProperty(randomPlan({ shared: false, bufferBytes: 1 }), check), { numRuns: 100 });
});
