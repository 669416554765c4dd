import { expect, test } from "vitest";
import type { OpSpec } from "../../ioswitch/op_spec.ts";
import { createOpTable } from "../../ioswitch/op_table.ts";
import { BUILTIN_OPS } from "../../ioswitch/ops/all.ts";

function spec(kind: string): OpSpec {
  return {
    kind,
    ports: () => ({ inputs: [], outputs: ["value"] }),
    check: ({ attrs }) => (attrs["bad"] === true ? ["it is bad"] : []),
    describe: () => kind,
    run: () => Promise.resolve(),
  };
}

test("ops of an embedding program stand beside those of the engine", () => {
  const table = createOpTable(BUILTIN_OPS, [spec("mine.a")], { "mine.b": spec("mine.b") });
  expect(table.get("mine.a").kind).toBe("mine.a");
  expect(table.find("mine.b")?.kind).toBe("mine.b");
  expect(table.kinds).toContain("clone");
});

test("unknown kinds are rejected by name, and so are duplicates and wrong filings", () => {
  expect(() => createOpTable().get("nope")).toThrow('Cannot find op "nope": no such kind was registered');
  expect(createOpTable().find("nope")).toBeUndefined();
  expect(() => createOpTable([spec("a")], [spec("a")])).toThrow(
    'Cannot register op "a": there is one already',
  );
  expect(() => createOpTable({ b: spec("a") })).toThrow('Cannot register op "a": it is filed under "b"');
});

test("the facts of an op are its spec, its problems and its ports", () => {
  const table = createOpTable([spec("a")]);
  const good = { id: "1", kind: "a", attrs: {}, inputs: [] };
  expect(table.inspect(good)).toMatchObject({ problems: [], ports: { inputs: [], outputs: ["value"] } });
  expect(table.inspect(good)).toBe(table.inspect(good));
  const bad = { ...good, attrs: { bad: true } };
  expect(table.inspect(bad)).toMatchObject({ problems: ["it is bad"], ports: { inputs: [], outputs: [] } });
  expect(table.inspect({ ...good, kind: "b" })).toBeUndefined();
});
