import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import type { ObjectRecord } from "../../../core/catalog/catalog.ts";
import { sourceOf } from "../../../core/objects/losses.ts";
import { OBJECT_STREAM, readTransfer } from "../../../core/objects/read_transfer.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import type { BlockReadAttrs } from "../../../core/transfer/attrs.ts";
import { compileTransfer } from "../../../core/transfer/compile.ts";
import { lower } from "../../../core/transfer/lower.ts";
import { TRANSFER_TABLE } from "../../../core/transfer/ops/all.ts";
import { READ_PATIENCE } from "../../../core/transfer/read_patience.ts";
import { SPACE_STORES } from "../../../core/transfer/space_stores.ts";
import { execute } from "../../../ioswitch/executor.ts";
import { runPasses } from "../../../ioswitch/pass_runner.ts";
import { endStreams } from "../../../ioswitch/passes/end_streams.ts";
import type { Plan } from "../../../ioswitch/plan.ts";
import { createServices } from "../../../ioswitch/services.ts";
import { createTestClient, type TestClient } from "../objects/test_client.ts";

const KIB = 1024;
let world: TestClient;
const objects: { readonly object: ObjectRecord; readonly bytes: Buffer }[] = [];

beforeAll(async () => {
  world = await createTestClient(9);
  const shapes = ["none", "rep:3", "ec:2+1", "ec:3+2", "ec:4+2", "ec:6+3"];
  for (const [i, text] of shapes.entries())
    for (const size of [0, 700, 300 * KIB + 11, 1700 * KIB]) {
      const bytes = randomBytes(size);
      const scheme = parseScheme(text);
      const small = scheme.kind === "ec" ? { ...scheme, chunkBytes: 64 * KIB } : scheme;
      const source = {
        size,
        reopenable: true,
        open: async function* () {
          if (size > 0) yield bytes;
        },
      };
      const address = { bucket: "b", package: "p", path: `${i}-${size}` };
      objects.push({ bytes, object: (await world.client.put({ address, source, scheme: small })).object });
    }
});
afterAll(() => world.close());

/** The plainest plan that can run: streams ended, nothing else done. */
function unoptimised(plan: Plan): Plan {
  return runPasses(plan, [endStreams(TRANSFER_TABLE)], {}, { table: TRANSFER_TABLE }).plan;
}

async function run(plan: Plan): Promise<Buffer> {
  const stores = { open: world.store };
  const services = createServices().with(SPACE_STORES, stores).with(READ_PATIENCE, { stallMs: 10_000 });
  const running = execute(plan, { table: TRANSFER_TABLE, services });
  const bytes = await collect(running.stream(OBJECT_STREAM), { bytesMax: 8 * KIB * KIB });
  await running.done;
  return Buffer.from(bytes);
}

function bytesRead(plan: Plan): number {
  return plan.ops
    .filter((op) => op.kind === "block.read")
    .reduce((sum, op) => sum + (op.attrs as BlockReadAttrs).length, 0);
}

test("an optimised plan gives the same bytes as the plainest one, and reads no more than the theory says", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.infiniteStream(fc.nat()),
      async (pick, a, b, shuffle) => {
        const { object, bytes } = objects[pick % objects.length]!;
        const [start, end] = [a % (bytes.length + 1), b % (bytes.length + 1)].toSorted((x, y) => x - y) as [
          number,
          number,
        ];
        const { redundancy } = object.generation;
        const shuffled = object.blocks
          .map((block) => ({ block, key: shuffle.next().value as number }))
          .sort((x, y) => x.key - y.key);
        const needed = redundancy.kind === "ec" ? redundancy.dataShards : 1;
        const present = shuffled.slice(0, needed).map(({ block }) => block);
        const transfer = readTransfer(
          object,
          present.map((block) => sourceOf(object, block)),
          { start, end },
        );
        const plan = compileTransfer(transfer);
        const expected = bytes.subarray(start, end);
        expect(Buffer.compare(await run(plan), expected)).toBe(0);
        expect(Buffer.compare(await run(unoptimised(lower(transfer))), expected)).toBe(0);
        const lostData =
          redundancy.kind === "ec" ? needed - present.filter((block) => block.index < needed).length : 0;
        const rounding = (needed + 1) * 64 * KIB;
        expect(bytesRead(plan)).toBeLessThanOrEqual((end - start) * (lostData > 0 ? needed : 1) + rounding);
      },
    ),
    { numRuns: 150 },
  );
});

test("compiling is quick enough for thousands of small objects", () => {
  const { object } = objects.find(
    ({ object }) => object.generation.redundancy.kind === "ec" && object.generation.size > 0,
  )!;
  const transfer = readTransfer(
    object,
    object.blocks.slice(1).map((block) => sourceOf(object, block)),
    { start: 0, end: object.generation.size },
  );
  const start = performance.now();
  const count = 300;
  for (let i = 0; i < count; i++) compileTransfer(transfer);
  expect((performance.now() - start) / count).toBeLessThan(5);
});
