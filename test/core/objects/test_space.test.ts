import { expect, test } from "vitest";
import { newGeneration } from "../../../core/block/generation.ts";
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
