import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgress, type ProgressMode, type ProgressView } from "../../cli/progress.ts";
import { ProgressMeter, progressLine } from "../../cli/progress_meter.ts";
import { memorySink } from "./memory_sink.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(mode: ProgressMode) {
  const calls: string[] = [];
  const stderr = memorySink();
  const view: ProgressView = {
    draw: (state) => calls.push(`draw ${state.bytes}`),
    undrawn(write) {
      calls.push("away");
      write();
      calls.push("back");
    },
    close: async (state) => void calls.push(`close ${state.bytes}`),
  };
  let nowMs = 0;
  const handle = createProgress({
    stderr,
    mode: () => mode,
    loadView: async () => () => view,
    now: () => nowMs,
  });
  const pass = async (milliseconds: number) => {
    nowMs += milliseconds;
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  return { ...handle, calls, stderr, pass };
}

test("without a terminal a line comes every ten seconds", async () => {
  const { start, close, stderr, pass } = open("lines");
  const progress = start({ objects: 2, bytes: 4000 * 1024 });
  progress.bytes(1000 * 1024);
  progress.object("a", "started");
  progress.object("a", "failed");
  await pass(9_999);
  expect(stderr.text()).toBe("");
  await pass(1);
  expect(stderr.text()).toBe("1000KiB of 3.91MiB (25%), 100KiB/s, 30s left, 0 of 2 objects, 1 failed\n");
  await close();
  await pass(60_000);
  expect(stderr.text().split("\n")).toHaveLength(2);
});

test("on a terminal it is drawn at most five times a second, and taken away at the end", async () => {
  const { start, close, undrawn, calls, pass } = open("display");
  const progress = start({});
  await pass(499);
  expect(calls).toEqual([]);
  progress.bytes(1);
  await pass(1);
  expect(calls).toEqual(["draw 1"]);
  await pass(1000);
  expect(calls).toHaveLength(6);
  calls.length = 0;
  undrawn(() => calls.push("write"));
  expect(calls).toEqual(["away", "write", "back"]);
  progress.end();
  await close();
  expect(calls.at(-1)).toBe("close 1");
  undrawn(() => calls.push("plain"));
  expect(calls.slice(-2)).toEqual(["close 1", "plain"]);
});

test("quick work shows nothing", async () => {
  const { start, close, calls, pass } = open("display");
  start({}).end();
  await close();
  await pass(10_000);
  expect(calls).toEqual([]);
});

test("only one is shown at a time; the next one may start when it has ended", async () => {
  const { start, stderr, pass } = open("lines");
  const first = start({});
  const second = start({});
  second.bytes(7);
  second.end();
  await pass(10_000);
  expect(stderr.text()).toBe("0B, 0B/s\n");
  first.end();
  start({}).bytes(5);
  await pass(10_000);
  expect(stderr.text()).toContain("5B");
});

test("none is none", async () => {
  const { start, stderr, calls, pass } = open("none");
  start({ bytes: 1 }).bytes(1);
  await pass(60_000);
  expect(stderr.text() + calls.join()).toBe("");
});

test("the rate is that of the last ten seconds", () => {
  let nowMs = 0;
  const meter = new ProgressMeter(() => nowMs);
  meter.total({ bytes: 1000 });
  meter.bytes(500);
  for (nowMs = 1000; nowMs <= 20_000; nowMs += 1000) meter.sample();
  expect(meter.sample()).toMatchObject({ bytesPerSecond: 0, millisecondsLeft: undefined });
  meter.bytes(100);
  nowMs = 22_000;
  const state = meter.sample();
  expect(state.bytesPerSecond).toBeCloseTo(10, 0);
  expect(progressLine(state)).toMatch(/^600B of 1000B \(60%\), \d+B\/s, 4\ds left$/);
});

test("an empty total is complete", () => {
  const meter = new ProgressMeter(() => 0);
  meter.total({ bytes: 0, objects: 1 });
  expect(progressLine(meter.sample())).toBe("0B of 0B (100%), 0B/s, 0 of 1 object");
});
