import { expect, test } from "vitest";
import { inTurn } from "../../../core/store/in_turn.ts";

const options = { signal: undefined, error: () => new Error("cancelled") };

test("one after the other in the order of asking, also after a failure; places do not wait for each other", async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn("a", options, async () => {
    await gate.promise;
    seen.push("first");
    throw new Error("broken");
  });
  const second = inTurn("a", options, async () => void seen.push("second"));
  await inTurn("b", options, async () => void seen.push("elsewhere"));
  gate.resolve();
  await expect(first).rejects.toThrow("broken");
  await second;
  expect(seen).toEqual(["elsewhere", "first", "second"]);
});

test("who gives up waiting is not run, and lets nobody pass before their turn", async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const control = new AbortController();
  const first = inTurn("a", options, () => gate.promise);
  const second = inTurn("a", { ...options, signal: control.signal }, async () => void seen.push("second"));
  const third = inTurn("a", options, async () => void seen.push("third"));
  control.abort();
  await expect(second).rejects.toThrow("cancelled");
  expect(seen).toEqual([]);
  gate.resolve();
  await first;
  await third;
  expect(seen).toEqual(["third"]);
});
