import { expect, test } from "vitest";
import { receive } from "../../../ioswitch/ops/receive.ts";
import { send } from "../../../ioswitch/ops/send.ts";

test("attributes name the other node, the channel and what it carries", () => {
  const op = { id: "x", inputs: [] };
  expect(send.check({ ...op, kind: "send", attrs: { to: "a", channel: "c", carries: "stream" } })).toEqual(
    [],
  );
  expect(
    receive.check({ ...op, kind: "receive", attrs: { from: "a", channel: "c", carries: "value" } }),
  ).toEqual([]);
  expect(send.check({ ...op, kind: "send", attrs: JSON.parse("{}") })).toEqual([
    '"to" must name a node',
    '"channel" must be a name',
    '"carries" must be "stream" or "value"',
  ]);
  expect(receive.check({ ...op, kind: "receive", attrs: JSON.parse('{"carries":"air"}') })[0]).toBe(
    '"from" must name a node',
  );
});
