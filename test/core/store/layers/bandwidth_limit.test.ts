import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseBandwidth } from "../../../../core/store/bandwidth.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import { createTraffic, type Traffic } from "../../../../core/store/traffic.ts";
import { pattern, readAll, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const KIB = 1024;

testStore("a store with wide limits", () =>
  openStore("memory://bandwidth-suite?bandwidth=4GiB&rate=100000", { environment: {} }),
);

let traffic: Traffic;
const open = (query: string, account?: string) =>
  openStore(`memory://bandwidth-${Math.random()}${query}`, {
    environment: {},
    traffic,
    space: { name: `s${Math.random()}`, ...(account === undefined ? {} : { account }) },
  });
/** Milliseconds that the work takes. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  let endedMs = 0;
  const ended = work().then(() => {
    endedMs = performance.now();
  });
  await vi.advanceTimersByTimeAsync(60_000);
  await ended;
  return endedMs - startedMs;
}

beforeEach(() => {
  vi.useFakeTimers();
  traffic = createTraffic();
});
afterEach(() => {
  vi.useRealTimers();
});

test("all spaces of the process share its bandwidth, each direction for itself", async () => {
  traffic = createTraffic({ bandwidth: parseBandwidth("100KiB:50KiB") });
  const [one, two] = [await open(""), await open("")];
  const up = await timeOf(() =>
    Promise.all([
      one.write("a", pattern(100 * KIB)),
      two.write("a", testBody(Array.from({ length: 20 }, () => pattern(10 * KIB))).stream),
      two.write("end", pattern(1)),
    ]),
  );
  expect(up).toBeGreaterThanOrEqual(2000);
  expect(up).toBeLessThanOrEqual(3100);
  const down = await timeOf(async () => {
    await Promise.all([readAll(one, "a"), readAll(two, "a")]);
    await readAll(one, "a", { length: 1 });
  });
  expect(down).toBeGreaterThanOrEqual(4900);
  expect(down).toBeLessThanOrEqual(6100);
});

test("spaces of one account share its limits, others do not", async () => {
  const [one, two] = [await open("?bandwidth=10KiB", "work"), await open("", "work")];
  const other = await open("", "home");
  expect(await timeOf(() => other.write("a", pattern(100 * KIB)))).toBeLessThan(10);
  const took = await timeOf(async () => {
    await one.write("a", pattern(50 * KIB));
    await two.write("a", pattern(1));
  });
  expect(took).toBeGreaterThanOrEqual(4500);
});

test.each([
  ["10KiB", "20KiB"],
  ["20KiB", "10KiB"],
])("of an account whose spaces name %s and %s the lower one holds", async (first, second) => {
  const [one, two] = [await open(`?bandwidth=${first}`, "work"), await open(`?bandwidth=${second}`, "work")];
  for (const store of [one, two]) {
    const took = await timeOf(async () => {
      await store.write("a", pattern(50 * KIB));
      await store.write("a", pattern(1));
    });
    expect(took).toBeGreaterThanOrEqual(4500);
    expect(took).toBeLessThanOrEqual(5600);
  }
});

test("a limit that a space names later holds for those of its account that are open already", async () => {
  const one = await open("", "work");
  expect(await timeOf(() => one.write("a", pattern(100 * KIB)))).toBeLessThan(10);
  await open("?rate=10", "work");
  expect(
    await timeOf(() => Promise.all(Array.from({ length: 21 }, () => one.stat("a")))),
  ).toBeGreaterThanOrEqual(1700);
});

test("so many operations a second, and no more", async () => {
  const store = await open("?rate=10");
  await store.write("a", pattern(1));
  const took = await timeOf(() => Promise.all(Array.from({ length: 20 }, () => store.stat("a"))));
  expect(took).toBeGreaterThanOrEqual(1700);
  expect(took).toBeLessThanOrEqual(2200);
});

test("who waits can be cancelled, and the body is let go", async () => {
  const store = await open("?bandwidth=1KiB");
  await timeOf(() => store.write("a", pattern(2 * KIB)));
  const controller = new AbortController();
  const body = testBody([pattern(100 * KIB), pattern(100 * KIB)]);
  const writing = store.write("b", body.stream, { signal: controller.signal });
  const reading = readAll(store, "a", { signal: controller.signal });
  const results = Promise.allSettled([writing, reading]);
  await vi.advanceTimersByTimeAsync(1500);
  controller.abort();
  await vi.advanceTimersByTimeAsync(1500);
  const [write] = await results;
  expect(write).toMatchObject({ status: "rejected", reason: { kind: "Cancelled" } });
  await body.cancelled;
});

test("a bandwidth that is none is refused when the store is opened", async () => {
  await expect(open("?bandwidth=fast")).rejects.toMatchObject({ kind: "Usage" });
});
