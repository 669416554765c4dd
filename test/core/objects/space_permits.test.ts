import { expect, test } from "vitest";
import { createSpacePermits } from "../../../core/objects/space_permits.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("transfers that want the same spaces in any order all get through, never more at once than there are places", async () => {
  const permits = createSpacePermits(async () => 2);
  const running = new Map<string, number>();
  let most = 0;
  const transfer = async (spaces: string[]) => {
    const leave = await permits.take(spaces);
    for (const space of spaces) {
      running.set(space, (running.get(space) ?? 0) + 1);
      most = Math.max(most, running.get(space)!);
    }
    await turn();
    for (const space of spaces) running.set(space, running.get(space)! - 1);
    leave();
  };
  const orders = [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"], ["c"], ["b", "c"]];
  await Promise.all(Array.from({ length: 200 }, (_, i) => transfer(orders[i % orders.length]!)));
  expect(most).toBe(2);
});

test("a transfer that wants a space twice waits for both places at once", async () => {
  const permits = createSpacePermits(async () => 2);
  const leave = await permits.take(["a"]);
  let admitted = false;
  const twice = permits.take(["a", "a"]).then((done) => {
    admitted = true;
    return done;
  });
  await turn();
  expect(admitted).toBe(false);
  leave();
  (await twice)();
  // More than there are counts as all there are.
  (await permits.take(["a", "a", "a"]))();
});

test("one that gives up keeps nothing and holds nobody up", async () => {
  const permits = createSpacePermits(async () => 1);
  const leave = await permits.take(["b"]);
  const controller = new AbortController();
  const waiting = permits.take(["a", "b"], controller.signal);
  const behind = permits.take(["b"]);
  await turn();
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  (await permits.take(["a"]))();
  leave();
  (await behind)();
});

test("0 places are any number", async () => {
  const permits = createSpacePermits(async () => 0);
  await Promise.all(Array.from({ length: 100 }, () => permits.take(["a"])));
});
