import { expect, test } from "vitest";
import { quickCalls } from "../../../core/local/quick_calls.ts";

/** Makes calls one after the other; `tookMs` says how long each takes. Tells which went to the thread pool. */
async function pooledCalls(count: number, tookMs: (index: number) => number): Promise<number[]> {
  let nowMs = 0;
  const call = quickCalls({ now: () => nowMs });
  const pooled: number[] = [];
  for (let index = 0; index < count; index++) {
    const work = () => {
      nowMs += tookMs(index);
      return index;
    };
    const result = await call(work, async () => {
      pooled.push(index);
      return work();
    });
    expect(result).toBe(index);
  }
  return pooled;
}

test("only the first call to a quick disk goes to the thread pool", async () => {
  expect(await pooledCalls(100, () => 1)).toEqual([0]);
});

test("a slow call sends the ones after it to the pool, and some later one is tried again", async () => {
  const pooled = await pooledCalls(100, (index) => (index === 10 ? 6 : 1));
  expect(pooled).toEqual([0, ...Array.from({ length: 64 }, (_, index) => 11 + index)]);
});

test("a disk that stays slow is tried again seldom", async () => {
  const pooled = await pooledCalls(200, () => 20);
  expect(Array.from({ length: 200 }, (_, index) => index).filter((index) => !pooled.includes(index))).toEqual(
    [1, 66, 131, 196],
  );
});

test("a disk that hangs is left to the pool", async () => {
  expect(await pooledCalls(200, () => 60)).toHaveLength(200);
});

test("failures are those of the call, wherever it was made, and no reason to go elsewhere", async () => {
  const call = quickCalls({ now: () => 0 });
  const fail = () => {
    throw new Error("no such file");
  };
  await expect(call(fail, async () => fail())).rejects.toThrow("no such file");
  const here = () => "here";
  expect(await call(here, async () => "pooled")).toBe("here");
  await expect(call(fail, async () => fail())).rejects.toThrow("no such file");
  expect(await call(here, async () => "pooled")).toBe("here");
});
