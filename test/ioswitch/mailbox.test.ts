import { expect, test } from "vitest";
import { createMailbox } from "../../ioswitch/mailbox.ts";

test("an offer and a take meet in either order", async () => {
  const box = createMailbox<number>();
  const offered = box.offer("a", 1);
  expect(await box.take("a")).toBe(1);
  expect(await offered).toBe(true);
  const taken = box.take("b");
  expect(await box.offer("b", 2)).toBe(true);
  expect(await taken).toBe(2);
});

test("each name is offered once and taken once", async () => {
  const box = createMailbox<number>();
  const offered = box.offer("a", 1);
  await expect(box.offer("a", 2)).rejects.toThrow('Cannot offer "a": it was offered already');
  await box.take("a");
  await offered;
  await expect(box.take("a")).rejects.toThrow('Cannot take "a": it was taken already');
  expect(await box.offer("a", 3)).toBe(false);
});

test("a taker that gave up makes the offer unwanted, before and after", async () => {
  const box = createMailbox<number>();
  const controller = new AbortController();
  const taken = box.take("a", controller.signal);
  controller.abort(new Error("gone"));
  await expect(taken).rejects.toThrow("gone");
  expect(await box.offer("a", 1)).toBe(false);
  const offered = box.offer("b", 1);
  await expect(box.take("b", controller.signal)).rejects.toThrow("gone");
  expect(await offered).toBe(false);
});

test("an offer that was given up can be made again", async () => {
  const box = createMailbox<number>();
  const controller = new AbortController();
  const offered = box.offer("a", 1, controller.signal);
  controller.abort(new Error("gone"));
  await expect(offered).rejects.toThrow("gone");
  await expect(box.offer("a", 1, controller.signal)).rejects.toThrow("gone");
  const taken = box.take("a");
  expect(await box.offer("a", 2)).toBe(true);
  expect(await taken).toBe(2);
});

test("closing ends all waiting, now and later", async () => {
  const box = createMailbox<number>();
  const offered = box.offer("a", 1);
  const taken = box.take("b");
  const caught = expect(taken).rejects.toThrow("the run has ended");
  box.close();
  expect(await offered).toBe(false);
  await caught;
  expect(await box.offer("c", 1)).toBe(false);
  await expect(box.take("d")).rejects.toThrow("the run has ended");
  const failed = createMailbox<number>();
  const waiting = failed.offer("a", 1);
  const alsoCaught = expect(waiting).rejects.toThrow("broken");
  failed.close({ error: new Error("broken") });
  await alsoCaught;
  await expect(failed.offer("b", 1)).rejects.toThrow("broken");
  await expect(failed.take("b")).rejects.toThrow("broken");
});
