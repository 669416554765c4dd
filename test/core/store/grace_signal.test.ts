import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CANCEL_GRACE_MS } from "../../../core/limits.ts";
import { graceSignal } from "../../../core/store/grace_signal.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("is aborted a grace after the other signal, with its reason", () => {
  for (const isAborted of [false, true]) {
    const control = new AbortController();
    if (isAborted) control.abort("enough");
    const grace = graceSignal(control.signal);
    control.abort("enough");
    vi.advanceTimersByTime(CANCEL_GRACE_MS - 1);
    expect(grace.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(grace.signal.aborted).toBe(true);
    expect(grace.signal.reason).toBe("enough");
  }
});

test("is never aborted when it has ended, or follows none, and leaves no timer", () => {
  const control = new AbortController();
  const [before, after, alone] = [
    graceSignal(control.signal),
    graceSignal(control.signal),
    graceSignal(undefined),
  ];
  before.end();
  control.abort();
  after.end();
  expect(vi.getTimerCount()).toBe(0);
  for (const { signal } of [before, after, alone]) expect(signal.aborted).toBe(false);
});
