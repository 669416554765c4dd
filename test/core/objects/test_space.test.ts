import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newGeneration } from "../../../core/block/generation.ts";
import { JcsError } from "../../../core/errors.ts";
import { LEFTOVER_AGE_MS } from "../../../core/limits.ts";
import { testSpace } from "../../../core/objects/test_space.ts";
import { faults } from "../../../core/store/layers/faults.ts";
import { openStore } from "../../../core/store/open_store.ts";
import { listPaths } from "../../suites/store_bench.ts";

test("leaves nothing when it succeeds, fails or is left, and removes what a killed one left long ago", async () => {
  const place = `memory://test-space-${Math.random()}?retries=0`;
  const store = await openStore(place, { environment: {} });
  // The first generation of a process may have any time: later ones never go back.
  const old = newGeneration(new Date(Date.now() - LEFTOVER_AGE_MS - 60_000));
  const young = newGeneration();
  for (const name of [old, young]) await store.write(`jcs/test/${name}`, new Uint8Array(1));
  await store.write("jcs/test/of another", new Uint8Array(1));
  const steps: string[] = [];
  for await (const { step, error } of testSpace("s", store)) {
    steps.push(step);
    expect(error).toBeUndefined();
  }
  expect(steps).toEqual(["write", "stat", "read", "list", "remove"]);
  const left = [`jcs/test/${young}`, "jcs/test/of another"].toSorted();
  expect(await listPaths(store, "")).toEqual(left);
  for await (const _ of testSpace("s", store)) break;
  expect(await listPaths(store, "")).toEqual(left);
  const failing = await openStore(place, {
    environment: {},
    layers: [faults([{ operation: "read", fault: { kind: "fail", retry: "never" } }])],
  });
  for await (const { error } of testSpace("s", failing)) if (error) expect(error.kind).toBe("Unreachable");
  expect(await listPaths(store, "")).toEqual(left);
});

test("where nothing can be written it lists and reads", async () => {
  const memory = await openStore(`memory://test-space-${Math.random()}`, { environment: {} });
  const store = { ...memory, capabilities: { ...memory.capabilities, readOnly: true } };
  const steps = async () =>
    (await Array.fromAsync(testSpace("s", store))).map(({ step, error }) => [step, error]);
  const good = [
    ["list", undefined],
    ["read", undefined],
  ];
  expect(await steps()).toEqual(good);
  await memory.write("a/file", new Uint8Array(3));
  expect(await steps()).toEqual(good);
  expect(await listPaths(memory, "")).toEqual(["a/file"]);
  const failing = {
    ...store,
    read: async () => {
      throw new JcsError("PermissionDenied", "x");
    },
  };
  const last = (await Array.fromAsync(testSpace("s", failing))).at(-1);
  expect([last?.step, last?.error?.kind]).toEqual(["read", "PermissionDenied"]);
});

test("leaves no directories but those that hold something", async () => {
  const root = mkdtempSync(join(tmpdir(), "jcs-test-space-"));
  const store = await openStore(`fs://${root}`, { environment: {} });
  const run = () => Array.fromAsync(testSpace("s", store));
  try {
    expect(await run()).toHaveLength(5);
    expect(readdirSync(root)).toEqual([]);
    mkdirSync(join(root, "jcs/blocks"), { recursive: true });
    await run();
    expect(readdirSync(root, { recursive: true }).toSorted()).toEqual(["jcs", "jcs/blocks"]);
    mkdirSync(join(root, "jcs/test"));
    writeFileSync(join(root, "jcs/test/.jcs-hidden"), "");
    await run();
    expect(readdirSync(join(root, "jcs/test"))).toEqual([".jcs-hidden"]);
  } finally {
    await store.close();
    rmSync(root, { recursive: true });
  }
});
