import { expect, test } from "vitest";
import { eachPart } from "../../../../core/store/upload/each_part.ts";

test("works on a bounded number at the same time and gives results in order", async () => {
  let running = 0;
  let most = 0;
  const results = await eachPart({ count: 10, concurrency: 3, signal: undefined }, async (number) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < 12 - number; turn++) await Promise.resolve();
    running -= 1;
    return number * 2;
  });
  expect(results).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  expect(most).toBe(3);
  expect(await eachPart({ count: 0, concurrency: 3, signal: undefined }, async () => 1)).toEqual([]);
});

test("the first failure ends the others, is waited for, and is thrown", async () => {
  const begun: number[] = [];
  let ended = 0;
  const failing = eachPart({ count: 100, concurrency: 4, signal: undefined }, async (number, signal) => {
    begun.push(number);
    if (number === 4) throw new Error("the fourth");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    ended += 1;
    throw new Error("another");
  });
  await expect(failing).rejects.toThrow("the fourth");
  expect(begun).toEqual([1, 2, 3, 4]);
  expect(ended).toBe(3);
});

test("the caller's signal reaches the work", async () => {
  const controller = new AbortController();
  const working = eachPart({ count: 2, concurrency: 1, signal: controller.signal }, (_, signal) => {
    controller.abort(new Error("cancelled"));
    return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
  });
  await expect(working).rejects.toThrow("cancelled");
});
