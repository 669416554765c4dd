import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PROBE_AGE_MS_MAX, SPACE_SPEEDS_MS } from "../../../core/limits.ts";
import { createSpaceRegistry } from "../../../core/objects/space_registry.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import { openStore } from "../../../core/store/open_store.ts";
import type { ProbeFinding } from "../../../core/store/probe/finding.ts";
import { createTestClient, type TestClient } from "./test_client.ts";

const MIB = 1024 * 1024;
const address = { bucket: "b", package: "p", path: "o" };

let world: TestClient;
beforeEach(async () => {
  vi.spyOn(Date, "now");
  world = await createTestClient(6);
});
afterEach(async () => {
  await world.close();
  vi.restoreAllMocks();
});

function speedFindings(ms: number): ProbeFinding[] {
  return [
    { name: "read latency", verdict: "yes", value: ms, unit: "ms" },
    { name: "write latency", verdict: "yes", value: ms, unit: "ms" },
    { name: "read throughput", verdict: "yes", value: 100 * MIB, unit: "bytesPerSecond" },
    { name: "write throughput", verdict: "yes", value: 100 * MIB, unit: "bytesPerSecond" },
  ];
}
async function record(space: string, findings: readonly ProbeFinding[], probedAt = new Date()) {
  await world.catalog.spaces.recordProbe(space, { probedAt, findings });
}
async function put(scheme: string) {
  const source = {
    size: 1000,
    reopenable: true,
    async *open() {
      yield new Uint8Array(1000);
    },
  };
  return await world.client.put({ address, source, scheme: parseScheme(scheme) });
}
async function spacesRead(without: readonly string[] = []) {
  const plan = await world.client.planGet({ address, without });
  return plan.ops.flatMap(({ kind, attrs }) => (kind === "block.read" ? [attrs["space"]] : [])).toSorted();
}

test("a get reads the quickest k of n, parity too, and others when those are gone", async () => {
  const { object } = await put("ec:4+2");
  const slow = object.blocks.filter(({ index }) => index === 0 || index === 2).map(({ space }) => space);
  for (const space of world.spaces) await record(space, speedFindings(slow.includes(space) ? 300 : 2));
  // What was known before the put is forgotten.
  vi.mocked(Date.now).mockReturnValue(Date.now() + SPACE_SPEEDS_MS);
  const quick = world.spaces.filter((space) => !slow.includes(space));
  expect(await spacesRead()).toEqual(quick);
  expect(await spacesRead([quick[0] ?? ""])).toHaveLength(4);
  const outcome = await world.client.get({ address });
  let bytes = 0;
  for await (const chunk of outcome.body) bytes += chunk.length;
  expect(bytes).toBe(1000);
});

test("a put goes to quick spaces where all else is equal", async () => {
  for (const space of world.spaces) await record(space, speedFindings(space < "s3" ? 300 : 2));
  const { object } = await put("rep:3");
  expect(object.blocks.map(({ space }) => space).toSorted()).toEqual(["s3", "s4", "s5"]);
});

test("without probes, and with stale ones, blocks of data are read", async () => {
  const { object } = await put("ec:4+2");
  const dataSpaces = object.blocks.filter(({ index }) => index < 4).map(({ space }) => space);
  for (const space of dataSpaces.slice(0, 2))
    await record(space, speedFindings(300), new Date(Date.now() - PROBE_AGE_MS_MAX - 1000));
  expect(await spacesRead()).toEqual(dataSpaces.toSorted());
});

test("a space is opened without what its probe disproved, unless the probe is of another connection or old", async () => {
  let nowMs = Date.now();
  const findings: readonly ProbeFinding[] = [{ name: "list in order", verdict: "broken" }];
  const open = async () => {
    const registry = createSpaceRegistry({
      catalog: world.catalog,
      temporary: [],
      now: () => nowMs,
      connectionKey: async (connection) => `key of ${connection}`,
      openStore: (space, options) =>
        openStore(space.connection, { environment: {}, findings: options.findings }),
    });
    const space = (await registry.find("s0"))!;
    return {
      listSorted: (await registry.open("s0")).capabilities.listSorted,
      judged: await registry.judgeProbe(space),
      unmeasured: (await registry.openUnmeasured("s0")).capabilities.listSorted,
    };
  };
  expect(await open()).toEqual({ listSorted: true, judged: undefined, unmeasured: true });
  const { connection } = (await world.catalog.spaces.find("s0"))!;
  await world.catalog.spaces.recordProbe("s0", {
    probedAt: new Date(nowMs),
    connection: `key of ${connection}`,
    findings,
  });
  expect(await open()).toEqual({ listSorted: false, judged: { findings }, unmeasured: true });
  nowMs += PROBE_AGE_MS_MAX + 1;
  expect(await open()).toMatchObject({ listSorted: true, judged: { ignored: "it is older than 30 days" } });
  await world.catalog.spaces.recordProbe("s0", { probedAt: new Date(nowMs), connection: "other", findings });
  expect(await open()).toMatchObject({
    listSorted: true,
    judged: { ignored: "it was made with another connection" },
  });
});

test("a probe measures the space as it is and not as the last probe left it, and shows why it is ignored", async () => {
  await record("s0", [{ name: "write if absent", verdict: "broken" }]);
  const found: ProbeFinding[] = [];
  for await (const finding of world.client.spaces.probe("s0")) found.push(finding);
  expect(found.find(({ name }) => name === "write if absent")).toMatchObject({ verdict: "yes" });
  expect(await world.client.spaces.show("s0")).not.toHaveProperty("probeIgnored");
  await record("s0", found, new Date(0));
  expect(await world.client.spaces.show("s0")).toMatchObject({ probeIgnored: "it is older than 30 days" });
});
