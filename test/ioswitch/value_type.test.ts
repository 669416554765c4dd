import { expect, test } from "vitest";
import { createValueTypes, type ValueType } from "../../ioswitch/value_type.ts";

const count: ValueType = {
  name: "count",
  check: (value) => (Number.isSafeInteger(value) ? undefined : "it is not a whole number"),
};
const anything: ValueType = { name: "anything", check: () => undefined };
const types = createValueTypes(count, anything);

test("a value travels with the name of its type", () => {
  expect(types.encode("count", 3)).toEqual({ type: "count", value: 3 });
  expect(types.decode(types.encode("count", 3))).toBe(3);
  expect(types.decode({ type: "anything", value: null }, "anything")).toBe(null);
  expect(types.names).toEqual(["count", "anything"]);
});

test("a value is checked on both sides", () => {
  expect(() => types.encode("count", "x")).toThrow(
    'Cannot encode value of type "count": it is not a whole number',
  );
  expect(() => types.decode({ type: "count", value: 0.5 })).toThrow('Cannot decode value of type "count"');
});

test("unknown, unwanted and missing types are rejected", () => {
  expect(() => types.decode({ type: "hash", value: 1 })).toThrow('type "hash" was not registered');
  expect(() => types.decode({ type: "count", value: 1 }, "anything")).toThrow('type "anything" is wanted');
  for (const json of [null, 1, [], {}, { type: "count" }, { value: 1 }, { type: 1, value: 1 }]) {
    expect(() => types.decode(json)).toThrow("Cannot decode value: it has no type");
  }
  expect(() => createValueTypes(count, count)).toThrow(
    'Cannot register value type "count": there is one already',
  );
});
