import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { gatheredSink, sinkAfter } from "../../cli/gathered_sink.ts";
import type { Sink } from "../../cli/sink.ts";

function memorySink(written: string[], { isTerminal = false } = {}): Sink & { broken: boolean } {
  const sink = {
    broken: false,
    isTerminal,
    columns: () => 80,
    write(text: string) {
      if (sink.broken) throw new Error("no space left");
      written.push(text);
    },
    async writeBytes(chunk: Uint8Array) {
      written.push(Buffer.from(chunk).toString());
    },
  };
  return sink;
}

test("lines of one turn are one write, and long lists are written as they grow", async () => {
  const written: string[] = [];
  const sink = gatheredSink(memorySink(written));
  sink.write("a\n");
  sink.write("b\n");
  expect(written).toEqual([]);
  await setImmediate();
  expect(written).toEqual(["a\nb\n"]);
  for (let line = 0; line < 100; line++) sink.write("x".repeat(1024));
  expect(written.length).toBe(4);
  sink.flush();
  expect(written.join("")).toBe(`a\nb\n${"x".repeat(100 * 1024)}`);
});

test("what goes to a terminal is seen at once", () => {
  const written: string[] = [];
  gatheredSink(memorySink(written, { isTerminal: true })).write("a\n");
  expect(written).toEqual(["a\n"]);
});

test("bytes and messages come after the lines before them", async () => {
  const written: string[] = [];
  const sink = gatheredSink(memorySink(written));
  const messages = sinkAfter(sink, memorySink(written));
  sink.write("one\n");
  await sink.writeBytes(Buffer.from("two\n"));
  sink.write("three\n");
  messages.write("four\n");
  expect(written).toEqual(["one\n", "two\n", "three\n", "four\n"]);
});

test("a failure is told by the write that follows, or by the end, once", async () => {
  const target = memorySink([]);
  const sink = gatheredSink(target);
  target.broken = true;
  sink.write("lost\n");
  await setImmediate();
  expect(() => sink.write("next\n")).toThrow("no space left");
  expect(() => sink.flush()).not.toThrow();
});

test("nothing is written after a failure, and a message does not hide it", async () => {
  const written: string[] = [];
  const target = memorySink(written);
  const sink = gatheredSink(target);
  target.broken = true;
  sink.write("lost behind a message\n");
  sinkAfter(sink, memorySink([])).write("message\n");
  expect(() => sink.flush()).toThrow("no space left");
  target.broken = false;
  sink.write("after a gap\n");
  expect(() => sink.flush()).not.toThrow();
  expect(written).toEqual([]);
});
