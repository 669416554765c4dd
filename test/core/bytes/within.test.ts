import { expect, test } from "vitest";
import { within } from "../../../core/bytes/within.ts";

test("waits for work that ends in time, and passes on how it fails", async () => {
  let isDone = false;
  const work = Promise.resolve().then(() => {
    isDone = true;
  });
  await within(work, 60_000);
  expect(isDone).toBe(true);
  await expect(within(Promise.reject(new Error("failed")), 60_000)).rejects.toThrow("failed");
});

test("does not wait for work that takes longer", async () => {
  await within(new Promise(() => {}), 1);
});
