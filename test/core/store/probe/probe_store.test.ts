import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { LEFTOVER_AGE_MS } from "../../../../core/limits.ts";
import type { Layer } from "../../../../core/store/layer.ts";
import { faults } from "../../../../core/store/layers/faults.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import type { ProbeFinding } from "../../../../core/store/probe/finding.ts";
import { PROBE_DIRECTORY, probeStore } from "../../../../core/store/probe/probe_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { azurite, createContainer, openAzblob } from "../../../servers/azurite.ts";
import { createBucket, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths } from "../../../suites/store_bench.ts";

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function probe(store: Store, signal?: AbortSignal): Promise<ReadonlyMap<string, ProbeFinding>> {
  const findings = new Map<string, ProbeFinding>();
  for await (const finding of probeStore(store, signal === undefined ? {} : { signal })) {
    findings.set(finding.name, finding);
  }
  return findings;
}
const openMemory = (layers: readonly Layer[] = []) =>
  openStore(`memory://probe-${Math.random()}?retries=0`, { environment: {}, layers });
const verdicts = (findings: ReadonlyMap<string, ProbeFinding>) =>
  Object.fromEntries([...findings.values()].map(({ name, verdict }) => [name, verdict]));

/** What every service finds the same way. */
const SOUND = {
  "read range": "yes",
  "write of unknown size": "yes",
  "write if absent": "yes",
  "letter case": "yes",
  "read after write": "yes",
  "read of a version": "yes",
  "atomic overwrite": "yes",
  "list after write": "yes",
  "longest name": "yes",
  "clock skew": "yes",
  "write throughput": "yes",
  "read throughput": "yes",
};

test("memory does all that it claims", async () => {
  const store = await openMemory();
  const findings = await probe(store);
  expect(verdicts(findings)).toMatchObject({
    ...SOUND,
    multipart: "yes",
    "list in order": "yes",
    "user metadata": "yes",
  });
  expect(findings.get("multipart")).toMatchObject({ value: 1, unit: "bytes" });
  expect(findings.get("longest name")?.value).toBe(1024);
  expect(findings.get("checksum on write")).toMatchObject({ verdict: "yes", detail: "verifies md5, sha256" });
  expect(findings.get("read latency")?.value).toBeGreaterThanOrEqual(0);
  expect(findings.get("read throughput")?.value).toBeGreaterThan(1024 * 1024);
  expect(await listPaths(store, "")).toEqual([]);
});

test("fs keeps no metadata and no order, and nothing is left of the probe", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jcs-probe-"));
  directories.push(directory);
  const store = await openStore(`fs://${directory}`, { environment: {} });
  const findings = await probe(store);
  expect(verdicts(findings)).toMatchObject({
    ...SOUND,
    multipart: "no",
    "user metadata": "no",
    checksum: "no",
  });
  expect(findings.get("longest name")?.value).toBe(255);
  expect(await readdir(join(directory, "jcs"))).toEqual([]);
});

requireServer("radosgw")("a probe of radosgw", () => {
  test("finds its parts of 5 MiB and its MD5 tags", { timeout: 120_000 }, async () => {
    const server = await radosgw();
    const key = `hmac:${server.accessKey}:${server.secretKey}`;
    const bucket = await createBucket(server);
    const store = await openStore(
      `ceph://${bucket}?endpoint=http:127.0.0.1:${server.port}&credential=${key}`,
      {
        environment: {},
      },
    );
    const findings = await probe(store);
    expect(verdicts(findings)).toMatchObject({
      ...SOUND,
      multipart: "yes",
      checksum: "yes",
      "list in order": "yes",
    });
    expect(findings.get("multipart")?.value).toBe(5 * 1024 * 1024);
    expect(findings.get("checksum on write")?.detail).toBe("verifies md5; does not look at crc32, sha256");
    expect(await listPaths(store, "")).toEqual([]);
    await store.close();
  });
});

requireServer("azurite")("a probe of azurite", () => {
  test("finds that it looks at MD5", { timeout: 60_000 }, async () => {
    const server = await azurite();
    const store = await openAzblob({ server, container: await createContainer(server) });
    const findings = await probe(store);
    expect(findings.get("checksum on write")).toMatchObject({ verdict: "yes", detail: "verifies md5" });
    expect(await listPaths(store, "")).toEqual([]);
    await store.close();
  });
});

/** Overwrites in two steps, with nothing there in between. */
const inTwoSteps: Layer = (inner) => ({
  ...inner,
  async write(path, body, options) {
    if (path.includes("overwritten")) {
      await inner.remove(path);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return await inner.write(path, body, options);
  },
});
/** Does so, too, and says so. */
const inTwoStepsAsDeclared: Layer = (inner) => ({
  ...inTwoSteps(inner),
  capabilities: { ...inner.capabilities, overwriteAtomic: false },
});
/** Lets everybody win. */
const blind: Layer = (inner) => ({
  ...inner,
  write: (path, body, { ifAbsent: _, ...options } = {}) => inner.write(path, body, options),
});
/** Its lists go backwards. */
const backwards: Layer = (inner) => ({
  ...inner,
  async *list(prefix, options) {
    const entries = [];
    for await (const entry of inner.list(prefix, options)) entries.unshift(entry);
    yield* entries;
  },
});
/** Its clock is an hour ahead. */
const ahead: Layer = (inner) => ({
  ...inner,
  stat: async (path, options) => ({
    ...(await inner.stat(path, options)),
    modifiedAt: new Date(Date.now() + 3_600_000),
  }),
});

/** Looks at no checksum. */
const careless: Layer = (inner) => ({
  ...inner,
  write: (path, body, { checksum: _, ...options } = {}) => inner.write(path, body, options),
});

test.each([
  ["checksum on write", "no", careless],
  ["atomic overwrite", "broken", inTwoSteps],
  ["atomic overwrite", "no", inTwoStepsAsDeclared],
  ["write if absent", "broken", blind],
  ["list in order", "broken", backwards],
  ["clock skew", "no", ahead],
  [
    "read range",
    "broken",
    faults([{ operation: "read", path: /ranges/, fault: { kind: "flip", at: 1300 } }]),
  ],
  ["list latency", "unknown", faults([{ operation: "list", path: /none/, fault: { kind: "fail" } }])],
] as const)("finds out a store whose %s is %s", async (name, verdict, layer) => {
  const store = await openMemory([layer]);
  const findings = await probe(store);
  expect(findings.get(name)).toMatchObject({ verdict });
  expect([...findings.values()].filter((each) => each.verdict !== "yes").map((each) => each.name)).toContain(
    name,
  );
  expect(await listPaths(store, "")).toEqual([]);
});

test("removes what it wrote when it is cancelled, stopped early, or the store fails", async () => {
  const store = await openMemory();
  for (const after of [1, 6, 9]) {
    const controller = new AbortController();
    let seen = 0;
    const run = async () => {
      for await (const _ of probeStore(store, { signal: controller.signal })) {
        seen += 1;
        if (seen === after) controller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ kind: "Cancelled" });
    expect(seen).toBe(after);
    expect(await listPaths(store, PROBE_DIRECTORY)).toEqual([]);
  }
  for await (const _ of probeStore(store)) break;
  expect(await listPaths(store, PROBE_DIRECTORY)).toEqual([]);
  const failing = await openMemory([
    faults([{ operation: "write", after: 3, fault: { kind: "fail", error: "NoSpace", retry: "never" } }]),
  ]);
  const findings = await probe(failing);
  expect(findings.get("atomic overwrite")).toMatchObject({ verdict: "unknown" });
  expect(await listPaths(failing, "")).toEqual([]);
});

test("a store that cannot be written at all is an error and no list of unknowns", async () => {
  const store = await openMemory([
    faults([{ operation: "write", fault: { kind: "fail", error: "PermissionDenied", retry: "never" } }]),
  ]);
  await expect(probe(store)).rejects.toMatchObject({ kind: "PermissionDenied" });
});

test("removes what a killed probe left long ago, and not what another is doing", async () => {
  const store = await openMemory();
  const old = `${PROBE_DIRECTORY}/${Date.now() - LEFTOVER_AGE_MS - 1000}-killed`;
  const young = `${PROBE_DIRECTORY}/${Date.now() - 60_000}-running`;
  for (const folder of [old, young]) {
    for (const name of ["first", "3/deep/file"]) await store.write(`${folder}/${name}`, new Uint8Array(1));
  }
  for await (const _ of probeStore(store)) break;
  expect(await listPaths(store, "")).toEqual([`${young}/3/deep/file`, `${young}/first`]);
});
