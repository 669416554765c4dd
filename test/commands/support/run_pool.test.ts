import { describe, expect, it } from "vitest";
import { runPool } from "../../../commands/support/run_pool.ts";

describe("runPool", () => {
  it("pulls an item only when there is a place for it", async () => {
    let pulled = 0;
    let running = 0;
    let most = 0;
    let lead = 0;
    let done = 0;
    async function* items() {
      for (; pulled < 1000; pulled++) yield pulled;
    }
    await runPool(
      items(),
      async () => {
        most = Math.max(most, ++running);
        lead = Math.max(lead, pulled - done);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done++;
      },
      { parallel: 4 },
    );
    expect(done).toBe(1000);
    expect(most).toBe(4);
    expect(lead).toBeLessThanOrEqual(5);
  });

  it("asks an iterator for one item at a time, and ends it", async () => {
    let asked = 0;
    let ended = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          expect(asked++).toBe(0);
          await new Promise((resolve) => setImmediate(resolve));
          asked--;
          return { done: false, value: 1 };
        },
        async return() {
          ended++;
          return { done: true, value: undefined };
        },
      }),
    };
    const stop = new AbortController();
    let count = 0;
    await runPool(
      source,
      async () => {
        if (++count === 20) stop.abort();
      },
      { parallel: 8, signal: stop.signal },
    );
    expect(count).toBeLessThan(30);
    expect(ended).toBe(1);
  });

  it("throws the first failure when the others have ended", async () => {
    const ended: number[] = [];
    async function* items() {
      yield* [1, 2, 3, 4, 5];
    }
    const work = async (item: number) => {
      if (item === 1) throw new Error("first");
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
    };
    await expect(runPool(items(), work, { parallel: 2 })).rejects.toThrow("first");
    expect(ended).toEqual([2]);
    async function* failing() {
      yield 1;
      throw new Error("source");
    }
    await expect(runPool(failing(), async () => {}, { parallel: 2 })).rejects.toThrow("source");
  });
});
