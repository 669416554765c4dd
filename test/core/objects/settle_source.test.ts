import { expect, test } from "vitest";
import { settleSource } from "../../../core/objects/settle_source.ts";

test("ends at once when it is cancelled while the source hangs", async () => {
  const stop = new AbortController();
  let told = false;
  const hanging: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      async return() {
        told = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const settling = settleSource({ reopenable: false, open: () => hanging }, stop.signal);
  stop.abort();
  await expect(settling).rejects.toMatchObject({ kind: "Cancelled" });
  expect(told).toBe(true);
});
